"""Our completion model gives what LangChain's gives, and reads what servers send beside the protocol."""

import json
from typing import Any

import langchain_openai
import pytest
from langchain_core.outputs import GenerationChunk
from pydantic import SecretStr

from streaming.errors import EMPTY, INCOMPLETE, NO_MODEL_SERVER, UPSTREAM
from streaming.events import Usage
from streaming.upstream import OpenAI, http_client
from tests.streaming.in_a_loop import LoopThread, Stream
from tests.streaming.reading import code_of, end_of, text_of
from tests.streaming.upstream.bodies import body, events, stream_of
from tests.upstream import Failure, Reply, ScriptedUpstream

Json = dict[str, Any]
CLASSES: list[type[langchain_openai.OpenAI]] = [langchain_openai.OpenAI, OpenAI]


def model(kind: type[langchain_openai.OpenAI], upstream: ScriptedUpstream, **options: Any) -> Any:
    given = {"model": "scripted", "max_retries": 0, **options}
    return kind(base_url=upstream.url, api_key=SecretStr("test-key"), http_client=http_client(), **given)


def ours(upstream: ScriptedUpstream, **options: Any) -> Any:
    return model(OpenAI, upstream, **options)


def piece(text: Any, *, finish: Any = None, **fields: Any) -> Json:
    choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
    return {"id": "cmpl-7", "object": "text_completion", "model": "scripted", "choices": [choice], **fields}


FINISH = piece("", finish="stop")
LOGPROBS = {
    "tokens": ["Rain"],
    "token_logprobs": [-0.1],
    "top_logprobs": [{"Rain": -0.1}],
    "text_offset": [0],
}
CORPUS: dict[str, Reply] = {
    "text": Reply("Rain", " falls", "."),
    "cut": Reply("Rain", finish="length"),
    "usage on the finishing chunk": Reply("Rain", usage_on_finish=True),
    "log probabilities": stream_of(
        *({"choices": [{"index": 0, "text": "Rain", "logprobs": LOGPROBS, "finish_reason": None}]},) * 2,
        FINISH,
    ),
}


def summed(chunks: list[GenerationChunk]) -> Json:
    generation = sum(chunks[1:], chunks[0]).model_dump()
    generation["generation_info"].pop("token_usage", None)  # which LangChain's class loses
    return generation


@pytest.mark.parametrize("said", CORPUS)
def test_a_stream_adds_up_to_the_same(upstream: ScriptedUpstream, loop: LoopThread, said: str) -> None:
    upstream.keeps_connections = False
    upstream.enqueue(*[CORPUS[said]] * 4)

    async def read(llm: Any) -> list[GenerationChunk]:
        return [chunk async for chunk in llm._astream("Hi")]

    models = [model(kind, upstream) for kind in CLASSES]
    expected, streamed = (summed(list(llm._stream("Hi"))) for llm in models)
    expected_in_a_loop, in_a_loop = (summed(loop.run(read(llm))) for llm in models)

    assert streamed == expected
    assert in_a_loop == expected_in_a_loop


@pytest.mark.parametrize("options", [{}, {"n": 2, "best_of": 2}], ids=["one choice", "two choices"])
def test_whole_replies_to_several_prompts_are_the_same(
    upstream: ScriptedUpstream, loop: LoopThread, options: Json
) -> None:
    upstream.keeps_connections = False
    count = options.get("n", 1) * 2
    choices = [
        {"index": number, "text": f"Rain {number}", "finish_reason": "stop", "logprobs": None}
        for number in range(count)
    ]
    usage = {"prompt_tokens": 4, "completion_tokens": 8, "total_tokens": 12}
    said = {
        "id": "cmpl-7",
        "model": "scripted",
        "system_fingerprint": "fp_1",
        "choices": choices,
        "usage": usage,
    }
    upstream.enqueue(*[body(json.dumps(said).encode(), content_type="application/json")] * 4)

    models = [model(kind, upstream, **options) for kind in CLASSES]
    expected, whole = (llm.generate(["Hi", "Ho"]) for llm in models)
    later, whole_later = (loop.run(llm.agenerate(["Hi", "Ho"])) for llm in models)

    for theirs, own in ((expected, whole), (later, whole_later)):
        assert [[part.model_dump() for part in parts] for parts in own.generations] == [
            [part.model_dump() for part in parts] for parts in theirs.generations
        ]
    assert whole.llm_output == whole_later.llm_output == expected.llm_output


def test_the_request_is_the_same(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(*[Reply("Rain")] * 4)

    for kind in CLASSES:
        llm = model(kind, upstream, temperature=0.5, extra_body={"top_k": 4}).bind(stop=["\n"])
        list(llm.stream("Hi"))
        llm.invoke("Hi")

    theirs_streamed, theirs, streamed, whole = (request.json for request in upstream.requests)
    assert streamed == theirs_streamed
    assert whole == theirs


@pytest.mark.parametrize("failure", [400, 401, 404, 429, 500], ids=str)
def test_a_failure_is_the_same_exception(upstream: ScriptedUpstream, failure: int) -> None:
    upstream.enqueue(Failure(failure), Failure(failure))

    kinds = []
    for kind in CLASSES:
        with pytest.raises(Exception) as raised:  # noqa: PT011 - whichever it is
            list(model(kind, upstream).stream("Hi"))
        kinds.append(raised.type)

    assert kinds[0] is kinds[1]


def test_a_client_of_ones_own_is_called() -> None:
    class Client:
        def create(self, **_: Any) -> Any:
            raise ConnectionError("of my own")

    given = OpenAI(model="m", api_key=SecretStr("k"), client=Client(), async_client=Client())

    for call in (given.invoke, lambda prompt: list(given.stream(prompt))):
        with pytest.raises(ConnectionError, match="of my own"):
            call("Hi")


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": []},
        {"choices": None},
        {"choices": [{"index": 0}]},
        piece(None),
        piece(7),
        {"choices": [{"index": 1, "text": "Snow"}]},
        {},
        [],
        None,
        ": alive",
        "retry: 3000",
        "event: ping\ndata: alive",
    ],
    ids=str,
)
def test_what_says_nothing_is_passed_over(upstream: ScriptedUpstream, stream: Stream, odd: Any) -> None:
    upstream.enqueue(body(b"\xef\xbb\xbf" + events(piece("Rain "), odd, piece("falls."), odd, FINISH, odd)))

    seen = list(stream(ours(upstream), "Hi"))

    assert text_of(seen) == "Rain falls."
    assert end_of(seen).finish_reason == "stop"


@pytest.mark.parametrize(
    "sent",
    [
        body(json.dumps(piece("Rain.")).encode(), content_type="application/json"),
        stream_of(piece("Rain.", finish="stop"), done=False),
        stream_of(piece("Rain.")),
        stream_of({"choices": [{"delta": {"content": "Rain."}}]}),
        stream_of(piece("Rain.", finish="stop"), FINISH, FINISH),
    ],
    ids=["one object", "without [DONE]", "without a reason", "a chat's chunks", "several reasons"],
)
@pytest.mark.parametrize("streams", [True, False], ids=["asked for a stream", "asked whole"])
def test_the_text_is_read_in_whatever_it_comes(
    upstream: ScriptedUpstream, sent: Reply, streams: bool
) -> None:
    upstream.enqueue(sent)
    llm = ours(upstream)

    assert ("".join(llm.stream("Hi")) if streams else llm.invoke("Hi")) == "Rain."


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body(b"<html>Sign in</html>", content_type="text/html"), NO_MODEL_SERVER.code),
        (stream_of(piece("Rain "), {"error": {"message": "No."}}), UPSTREAM.code),
        (stream_of({"choices": [{"index": 0, "text": "", "error": {"message": "No."}}]}), UPSTREAM.code),
        (stream_of(piece("Rain "), done=False), INCOMPLETE.code),
        (stream_of(FINISH), EMPTY.code),
        (body(b""), INCOMPLETE.code),
    ],
    ids=["a page", "an error", "a choice's error", "broken off", "empty", "nothing"],
)
def test_what_is_no_reply_says_so(upstream: ScriptedUpstream, stream: Stream, sent: Reply, code: str) -> None:
    upstream.enqueue(sent)

    assert code_of(list(stream(ours(upstream), "Hi"))) == code


def test_usage_is_the_servers_last_word(upstream: ScriptedUpstream, stream: Stream) -> None:
    def used(written: int) -> Json:
        return {"usage": {"prompt_tokens": 9, "completion_tokens": written, "total_tokens": 9 + written}}

    upstream.enqueue(stream_of(piece("Rain ") | used(1), piece("falls.") | used(2), FINISH | used(2)))

    seen = list(stream(ours(upstream, stream_usage=True), "Hi"))

    assert end_of(seen).usage == Usage(9, 2, "reported")
    assert upstream.requests[0].json["stream_options"] == {"include_usage": True}
