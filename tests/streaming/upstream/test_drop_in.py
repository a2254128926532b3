"""Our class gives what LangChain's gives, on streams that keep to the protocol."""

from typing import Any

import langchain_openai
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.tools import tool
from pydantic import BaseModel, SecretStr

from streaming.upstream import ChatOpenAI, http_client
from tests.streaming.in_a_loop import LoopThread
from tests.streaming.upstream.bodies import FINISH, body, chunk, events, says
from tests.upstream import Failure, Reply, ScriptedUpstream, ToolCall, Usage


class Lake(BaseModel):
    """A lake."""

    name: str
    depth: int = 0


@tool
def depth(lake: str) -> str:
    """The depth of a lake."""
    return lake


LOGPROBS: dict[str, Any] = {
    "content": [{"token": "Rain", "logprob": -0.1, "bytes": None, "top_logprobs": []}],
    "refusal": None,
}
USAGE = {
    "prompt_tokens": 8,
    "completion_tokens": 3,
    "total_tokens": 11,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
CORPUS: dict[str, Reply] = {
    "text": Reply("Rain", " falls", "."),
    "usage": Reply("Rain", usage=Usage(8, 3)),
    "usage on the finishing chunk": Reply("Rain", usage_on_finish=True),
    "cut": Reply("Rain", finish="length"),
    "a call": Reply(ToolCall("depth", ('{"la', 'ke": "Como"}'), "call_1"), finish="tool_calls"),
    "two calls": Reply(
        ToolCall("depth", ('{"lake": ', '"Como"}'), "call_1"),
        ToolCall("depth", ('{"lake": "Garda"}',), "call_2", index=1),
        finish="tool_calls",
    ),
    "text and a call": Reply("Let me see.", ToolCall("depth", ("{}",), "call_1"), finish="tool_calls"),
    "all that OpenAI sends": body(
        events(
            chunk(
                {"role": "assistant", "content": "", "refusal": None}, system_fingerprint="fp_1", usage=None
            ),
            says("Rain") | {"system_fingerprint": "fp_1", "service_tier": "default", "usage": None},
            says(" falls.") | {"system_fingerprint": "fp_1", "service_tier": "default", "obfuscation": "x"},
            FINISH | {"system_fingerprint": "fp_1", "service_tier": "default"},
            {
                "id": "chatcmpl-7",
                "object": "chat.completion.chunk",
                "model": "scripted",
                "choices": [],
                "usage": USAGE,
            },
        )
    ),
    "a function call of old": body(
        events(
            chunk({"function_call": {"name": "depth", "arguments": ""}}),
            chunk({"function_call": {"arguments": '{"lake": "Como"}'}}),
            chunk(finish="function_call"),
        )
    ),
    "log probabilities": body(
        events(
            {"choices": [{"index": 0, "delta": {"content": "Rain"}, "logprobs": LOGPROBS}]},
            {"choices": [{"index": 0, "delta": {"content": "Rain"}, "logprobs": LOGPROBS}]},
            FINISH,
        )
    ),
}
CLASSES: list[type[langchain_openai.ChatOpenAI]] = [langchain_openai.ChatOpenAI, ChatOpenAI]


def model(
    kind: type[langchain_openai.ChatOpenAI], upstream: ScriptedUpstream, **options: Any
) -> BaseChatModel:
    return kind(
        base_url=upstream.url,
        api_key=SecretStr("test-key"),
        model="scripted",
        http_client=http_client(),
        **{"stream_usage": True, **options},
    )


def summed(chunks: list[AIMessageChunk]) -> dict[str, Any]:
    first, *others = chunks
    whole: BaseMessage = first.__add__(others) if others else first
    return whole.model_dump(exclude={"id"})


@pytest.mark.parametrize("said", CORPUS)
@pytest.mark.parametrize(
    "options", [{}, {"output_version": "v1"}, {"include_response_headers": True}], ids=str
)
def test_a_stream_adds_up_to_the_same_message(
    upstream: ScriptedUpstream, said: str, options: dict[str, Any]
) -> None:
    if options.get("output_version") == "v1" and said == "text and a call":
        pytest.skip("LangChain's class makes one block of the two")
    upstream.enqueue(CORPUS[said], CORPUS[said])

    theirs, ours = (summed(list(model(kind, upstream, **options).stream("Hi"))) for kind in CLASSES)

    for message in (theirs, ours):
        message["response_metadata"].pop("headers", None)
        for block in message["content"] if isinstance(message["content"], list) else ():
            block.pop("index", None)
    assert ours == theirs


@pytest.mark.parametrize("said", CORPUS)
def test_so_it_does_in_a_coroutine(upstream: ScriptedUpstream, loop: LoopThread, said: str) -> None:
    upstream.keeps_connections = False
    upstream.enqueue(CORPUS[said], CORPUS[said])

    async def read(kind: type[langchain_openai.ChatOpenAI]) -> list[Any]:
        return [chunk async for chunk in model(kind, upstream).astream("Hi")]

    theirs, ours = (summed(loop.run(read(kind))) for kind in CLASSES)

    assert ours == theirs


@pytest.mark.parametrize("said", ["text", "two calls"])
def test_a_reply_that_is_asked_for_as_a_whole_is_the_same(upstream: ScriptedUpstream, said: str) -> None:
    upstream.enqueue(CORPUS[said], CORPUS[said])

    theirs, ours = (model(kind, upstream).invoke("Hi").model_dump(exclude={"id"}) for kind in CLASSES)

    for message in (theirs, ours):
        message["response_metadata"].pop("id")
    assert ours == theirs


FORMS: list[dict[str, Any]] = [
    {"method": method, "include_raw": raw}
    for method in ("json_schema", "function_calling", "json_mode")
    for raw in (False, True)
]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")  # LangChain's own
@pytest.mark.parametrize("options", FORMS, ids=str)
@pytest.mark.parametrize("form", [Lake, Lake.model_json_schema()], ids=["class", "schema"])
def test_structured_output_is_the_same(
    upstream: ScriptedUpstream, form: Any, options: dict[str, Any]
) -> None:
    text = ('{"name": "Co', 'mo", "depth": 410}')
    called = options["method"] == "function_calling"
    reply = Reply(ToolCall("Lake", text, "call_1"), finish="tool_calls") if called else Reply(*text)
    upstream.enqueue(*[reply] * 4)

    results = []
    for kind in CLASSES:
        chain = model(kind, upstream).with_structured_output(form, **options)
        results.append((list(chain.stream("Hi"))[-1], chain.invoke("Hi")))
    (_, theirs), (streamed, ours) = results

    parsed = [
        value["parsed"] if isinstance(value, dict) and "parsed" in value else value
        for value in (theirs, ours)
    ]
    assert parsed[0] == parsed[1]
    assert parsed[0]
    if not options["include_raw"]:
        assert streamed == results[0][0]


@pytest.mark.parametrize("failure", [400, 401, 404, 429, 500], ids=str)
def test_a_failure_is_the_same_exception(upstream: ScriptedUpstream, failure: int) -> None:
    upstream.enqueue(Failure(failure), Failure(failure))

    kinds = []
    for kind in CLASSES:
        with pytest.raises(Exception) as raised:  # noqa: PT011 - whichever it is
            list(model(kind, upstream, max_retries=0).stream("Hi"))
        kinds.append(raised.type)

    assert kinds[0] is kinds[1]


def test_the_request_is_the_same(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Rain"), Reply("Rain"))

    for kind in CLASSES:
        list(
            model(
                kind, upstream, temperature=0.5, extra_body={"top_k": 4}, default_headers={"X-Site": "ours"}
            )
            .bind_tools([depth], tool_choice="auto")
            .bind(stop=["\n"], extra_headers={"X-Call": "7"})
            .stream([("system", "Be brief."), ("user", "Hi")])
        )

    theirs, ours = upstream.requests
    assert ours.json == theirs.json
    assert ours.path == theirs.path
    for name in ("authorization", "x-site", "x-call", "content-type", "accept", "user-agent"):
        assert ours.headers.get(name) == theirs.headers.get(name)


def test_a_client_of_ones_own_is_called() -> None:
    class Client:
        def create(self, **_: Any) -> Any:
            raise ConnectionError("of my own")

    given = ChatOpenAI(model="m", api_key=SecretStr("k"), client=Client(), async_client=Client())

    with pytest.raises(ConnectionError, match="of my own"):
        list(given.stream("Hi"))
