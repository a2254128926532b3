"""The scripted provider's replies, as real clients see them, and which reply is taken."""

import httpx
import openai
import pytest
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import SecretStr

from tests.clients import Peer, texts
from tests.upstream import (
    Comments,
    Delta,
    EndlessTokens,
    Failure,
    Reasoning,
    Reply,
    ScriptedUpstream,
    ToolCall,
    Usage,
)

KEY = SecretStr("test-key")


def test_it_streams_a_chat_reply_to_langchain(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo", usage=Usage(prompt_tokens=7)))
    llm = ChatOpenAI(base_url=upstream.url, api_key=KEY, model="scripted", stream_usage=True)

    chunks = list(llm.stream("Hi"))

    assert [chunk.text for chunk in chunks if chunk.text] == ["Hel", "lo"]
    assert [usage["output_tokens"] for chunk in chunks if (usage := chunk.usage_metadata)] == [2]
    assert upstream.requests[0].messages == [{"role": "user", "content": "Hi"}]
    assert upstream.requests[0].headers["authorization"] == "Bearer test-key"


def test_it_answers_a_whole_chat_reply(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", Reasoning("hm"), "lo", finish="length"))
    llm = ChatOpenAI(base_url=upstream.url, api_key=KEY, model="scripted")

    reply = llm.invoke("Hi")

    assert reply.text == "Hello"
    assert reply.response_metadata["finish_reason"] == "length"
    assert not upstream.requests[0].streams


def test_it_answers_text_completions(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"), Reply("Hel", "lo"))
    llm = OpenAI(base_url=upstream.url, api_key=KEY, model="scripted")

    assert "".join(llm.stream("Hi")) == "Hello"
    assert llm.invoke("Hi") == "Hello"
    assert {request.path for request in upstream.requests} == {"/v1/completions"}


def test_it_streams_a_tool_call_in_pieces(upstream: ScriptedUpstream) -> None:
    call = ToolCall("search", ('{"que', 'ry": "llamas"}'), id="call_7")
    upstream.enqueue(Reply(call, finish="tool_calls"), Reply(call, finish="tool_calls"))
    llm = ChatOpenAI(base_url=upstream.url, api_key=KEY, model="scripted")

    chunks = list(llm.stream("Hi"))
    pieces = [piece["args"] for chunk in chunks for piece in chunk.tool_call_chunks]
    whole = llm.invoke("Hi")

    assert pieces == ["", '{"que', 'ry": "llamas"}']
    assert whole.tool_calls[0]["args"] == {"query": "llamas"}
    assert whole.tool_calls[0]["id"] == "call_7"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "reasoning_text"])
def test_it_streams_reasoning_under_any_name(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI, name: str
) -> None:
    upstream.enqueue(Reply(Reasoning("hm", field=name), Delta({"refusal": "No."}), "so"))

    with openai_client.chat.completions.create(model="scripted", messages=[], stream=True) as chunks:
        deltas = [chunk.choices[0].delta.to_dict() for chunk in chunks]

    assert deltas[:3] == [{"role": "assistant", name: "hm"}, {"refusal": "No."}, {"content": "so"}]


def test_it_reports_usage_as_asked_or_on_the_finishing_chunk(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI
) -> None:
    usage = Usage(prompt_tokens=3, completion_tokens=9)
    upstream.enqueue(Reply("a", usage=usage), Reply("a", usage=usage, usage_on_finish=True))

    def reported(options: openai.types.chat.ChatCompletionStreamOptionsParam | openai.Omit) -> list[int]:
        with openai_client.chat.completions.create(
            model="scripted", messages=[], stream=True, stream_options=options
        ) as chunks:
            return [chunk.usage.total_tokens if chunk.usage else 0 for chunk in chunks]

    assert reported({"include_usage": True}) == [0, 0, 12]
    assert reported(openai.omit) == [0, 12]


def test_it_lists_its_model(openai_client: openai.OpenAI) -> None:
    assert [model.id for model in openai_client.models.list()] == ["scripted"]


def test_it_embeds_the_same_text_alike(upstream: ScriptedUpstream) -> None:
    embeddings = OpenAIEmbeddings(
        base_url=upstream.url, api_key=KEY, model="scripted", check_embedding_ctx_length=False
    )

    first, second = embeddings.embed_documents(["a", "b"])

    assert first == pytest.approx(embeddings.embed_query("a"))
    assert first != pytest.approx(second)


def test_it_sends_characters_that_break_lines_and_pairs(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI
) -> None:
    awkward = ["\0", "\r", "\n\nevent: end\n\n", "\u2028", "\ud83d", "\ude00"]
    upstream.enqueue(Reply(*awkward))

    assert texts(openai_client)[: len(awkward)] == awkward


def test_it_sends_a_token_of_many_megabytes(upstream: ScriptedUpstream, openai_client: openai.OpenAI) -> None:
    upstream.enqueue(Reply("x" * 10_000_000))

    assert len("".join(texts(openai_client))) == 10_000_000


def test_a_handler_chooses_the_reply_and_leaves_the_rest_to_the_queue(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI
) -> None:
    upstream.on(lambda request: Reply("chosen") if request.number == 1 else None)
    upstream.enqueue(Reply("queued"))

    assert "".join(texts(openai_client)) == "chosen"
    assert "".join(texts(openai_client)) == "queued"


def test_a_handler_can_answer_for_another_path(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI
) -> None:
    upstream.on(lambda _: Failure(401), path="/v1/models")

    with pytest.raises(openai.AuthenticationError):
        openai_client.models.list()


def test_a_request_without_a_script_fails_loudly(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI
) -> None:
    with pytest.raises(openai.InternalServerError, match="nothing was enqueued"):
        texts(openai_client)

    with pytest.raises(AssertionError, match=r"POST /v1/chat/completions \(request 1\)"):
        upstream.verify()
    upstream.problems.clear()


def test_an_unknown_path_fails_loudly(upstream: ScriptedUpstream) -> None:
    assert httpx.get(f"{upstream.url}/files").status_code == 500

    assert upstream.problems.pop() == (
        "scripted upstream: GET /v1/files (request 1): nothing was enqueued for it"
    )


def test_a_script_that_needs_a_stream_fails_loudly_without_one(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply(Comments()))

    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(upstream.url + "/chat/completions", json={"model": "scripted"})

    assert "needs a stream" in upstream.problems.pop()


def test_replies_that_nobody_asked_for_fail_the_test() -> None:
    upstream = ScriptedUpstream()
    with pytest.raises(AssertionError, match=r"never asked for: Reply\(Token\(text='a'\)\)"), upstream:
        upstream.enqueue(Reply("a"))


def test_a_new_round_forgets_the_last_one_and_keeps_idle_connections(
    upstream: ScriptedUpstream, peer: Peer
) -> None:
    upstream.enqueue(Reply("a"), Reply("left over"))
    peer.ask()
    peer.read_until(b"0\r\n\r\n")
    upstream.requests[0].answered.wait()

    with pytest.raises(AssertionError, match="left over"):
        upstream.new_round()

    upstream.enqueue(Reply("b"))
    peer.ask()
    assert b'"content": "b"' in peer.read_until(b"0\r\n\r\n")
    assert [(request.number, request.connection) for request in upstream.requests] == [(1, 1)]


def test_a_new_round_ends_what_is_being_answered(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply(EndlessTokens()))
    peer.ask()
    peer.read_until(b"\r\n\r\n")

    upstream.new_round()

    assert b"[DONE]" not in peer.read_all()
