"""A reply that is asked for all at once is read as leniently as one that streams."""

import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from streaming.errors import EMPTY, INCOMPLETE, NO_MODEL_SERVER, RATE_LIMITED, UPSTREAM
from streaming.events import Reasoning, ToolEnd, Usage
from tests.streaming.in_a_loop import LoopThread, Stream
from tests.streaming.models import reasoning_model
from tests.streaming.reading import code_of, end_of, of_kind, text_of
from tests.streaming.upstream.bodies import FINISH, body, events, says
from tests.streaming.upstream.test_drop_in import CLASSES, model
from tests.upstream import Reply, ScriptedUpstream

Json = dict[str, Any]
JSON = "application/json"


@tool
def depth(lake: str) -> str:
    """The depth of a lake."""
    return f"{lake} is deep"


def whole(message: Any, **fields: Any) -> Json:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-7",
        "object": "chat.completion",
        "model": "scripted",
        "choices": [choice],
        **fields,
    }


def says_json(said: Any) -> Reply:
    return body(json.dumps(said).encode(), content_type=JSON)


def call(arguments: Any, **fields: Any) -> Json:
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": "depth", "arguments": arguments},
        **fields,
    }


def unstreamed(upstream: ScriptedUpstream, **options: Any) -> Any:
    return reasoning_model(upstream, disable_streaming=True, max_retries=0, **options)


@pytest.mark.parametrize(
    "said",
    [
        whole({"role": "assistant", "content": "Rain."}),
        whole({"content": "Rain."}, usage=None),
        whole({"content": "Rain."}, usage="many", created="today", id=None, model=7),
        whole({"content": "Rain.", "tool_calls": None, "refusal": None}),
        whole({"content": [{"type": "text", "text": "Rain."}], "tool_calls": {}}),
        whole({"content": None, "refusal": "Rain."}),
        {"choices": [{"text": "Rain."}]},
        {"choices": {"message": {"content": "Rain."}}},
        {"choices": [{"message": {"content": "Rain."}, "finish_reason": None}]},
        [whole({"content": "Rain."})],
    ],
    ids=str,
)
def test_the_text_is_read_whatever_is_missing(upstream: ScriptedUpstream, stream: Stream, said: Any) -> None:
    upstream.enqueue(says_json(said))

    seen = list(stream(unstreamed(upstream), "Hi"))

    assert text_of(seen) == "Rain."
    assert end_of(seen).status == "done"


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>Clouds.</think>\n\nRain."},
        {"content": "Clouds.\n</think>\n\nRain."},
        {"content": "Rain.", "reasoning": "Clouds."},
        {"content": [{"type": "thinking", "thinking": "Clouds."}, {"type": "text", "text": "Rain."}]},
    ],
    ids=str,
)
def test_reasoning_is_told_from_the_text(upstream: ScriptedUpstream, stream: Stream, message: Json) -> None:
    upstream.enqueue(says_json(whole(message)))

    seen = list(stream(unstreamed(upstream), "Hi"))

    assert text_of(seen) == "Rain."
    assert "".join(part.text for part in of_kind(Reasoning, seen)) == "Clouds."


@pytest.mark.parametrize(
    "sent",
    [
        body(events(says("Rain "), says("falls."), FINISH)),
        body(b"\xef\xbb\xbf" + json.dumps(whole({"content": "Rain falls."})).encode(), content_type=JSON),
        body("\n".join(map(json.dumps, [says("Rain "), says("falls."), FINISH])).encode(), content_type=JSON),
    ],
    ids=["events", "a byte order mark", "a line each"],
)
def test_it_is_the_answer_in_whatever_it_comes(
    upstream: ScriptedUpstream, stream: Stream, sent: Reply
) -> None:
    upstream.enqueue(sent)

    assert text_of(list(stream(unstreamed(upstream), "Hi"))) == "Rain falls."


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"error": {"message": "No."}}, UPSTREAM.code),
        ({"error": "Slowly: rate limit"}, RATE_LIMITED.code),
        ({"detail": [{"msg": "No."}]}, UPSTREAM.code),
        ({"choices": [{"error": {"message": "No."}}]}, UPSTREAM.code),
        ({"choices": []}, EMPTY.code),
        (whole({"content": None}), EMPTY.code),
        (whole({"content": " "}), EMPTY.code),
        (whole({"content": "<think>Clouds.</think>"}), EMPTY.code),
    ],
    ids=str,
)
def test_what_is_no_reply_says_so(upstream: ScriptedUpstream, stream: Stream, said: Json, code: str) -> None:
    upstream.enqueue(says_json({"choices": None} | said if code != EMPTY.code else said | {"usage": {}}))

    assert code_of(list(stream(unstreamed(upstream), "Hi"))) == code


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body(b"<!DOCTYPE html><title>Sign in</title>", content_type="text/html"), NO_MODEL_SERVER.code),
        (body(b"It works!", content_type="text/plain"), INCOMPLETE.code),
        (body(b'{"choices": [', content_type=JSON), UPSTREAM.code),
        (body(b"", content_type=JSON), INCOMPLETE.code),
    ],
    ids=["a page", "text", "half an object", "nothing"],
)
def test_what_is_no_json_says_so(upstream: ScriptedUpstream, stream: Stream, sent: Reply, code: str) -> None:
    upstream.enqueue(sent)

    assert code_of(list(stream(unstreamed(upstream), "Hi"))) == code


@pytest.mark.parametrize(
    "arguments",
    ['{"lake": "Como"}', json.dumps('{"lake": "Como"}'), {"lake": "Como"}],
    ids=["text", "encoded twice", "an object"],
)
def test_a_call_is_made_with_its_arguments(
    upstream: ScriptedUpstream, stream: Stream, arguments: Any
) -> None:
    upstream.enqueue(
        says_json(whole({"content": None, "tool_calls": [call(arguments)]})),
        says_json(whole({"content": "Deep."})),
    )

    seen = list(stream(create_agent(unstreamed(upstream), [depth]), {"messages": [("user", "How deep?")]}))

    assert [end.output for end in of_kind(ToolEnd, seen)] == ["Como is deep"]
    assert text_of(seen) == "Deep."


@pytest.mark.parametrize("arguments", [None, "", '["Como"]', '{"lake'], ids=str)
def test_the_model_is_told_of_arguments_that_are_none(
    upstream: ScriptedUpstream, stream: Stream, arguments: Any
) -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    upstream.enqueue(
        says_json(whole({"content": None, "tool_calls": [call(arguments, extra_content=signed)]})),
        says_json(whole({"content": "Which lake?"})),
    )

    seen = list(stream(create_agent(unstreamed(upstream), [depth]), {"messages": [("user", "How deep?")]}))

    asked = upstream.requests[1].json["messages"]
    assert "lake" in asked[2]["content"]
    assert asked[1]["tool_calls"][0]["extra_content"] == signed
    assert text_of(seen) == "Which lake?"


def test_usage_of_any_type_is_usage(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(
        says_json(whole({"content": "Rain."}, usage={"input_tokens": "4", "output_tokens": 2.0}))
    )

    assert end_of(list(stream(unstreamed(upstream), "Hi"))).usage == Usage(4, 2, "reported")


def test_all_choices_that_were_asked_for_are_given(upstream: ScriptedUpstream) -> None:
    choices = [
        {"index": number, "message": {"role": "assistant", "content": text}}
        for number, text in enumerate(["Rain", "Snow"])
    ]
    upstream.enqueue(*[says_json({**whole({}), "choices": choices})] * 2)

    theirs, ours = (
        [part.text for part in model(kind, upstream, n=2).generate([[HumanMessage("Hi")]]).generations[0]]
        for kind in CLASSES
    )

    assert ours == theirs == ["Rain", "Snow"]


# The other API


def item(**fields: Any) -> Json:
    return {"id": "i_1", "status": "completed", **fields}


SAID = item(
    type="message", role="assistant", content=[{"type": "output_text", "text": "Rain.", "annotations": []}]
)
THOUGHT = item(
    type="reasoning", summary=[{"type": "summary_text", "text": "Clouds."}], encrypted_content="c2Vj"
)


def response(*output: Any, **fields: Any) -> Json:
    usage = {"input_tokens": 6, "output_tokens": 2, "total_tokens": 8}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1.0,
        "model": "scripted",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": list(output),
        "usage": usage,
        **fields,
    }


CALLED = item(type="function_call", call_id="call_1", name="depth", arguments='{"lake": "Como"}')


@pytest.mark.parametrize(
    "output", [[SAID], [THOUGHT, SAID], [THOUGHT, CALLED]], ids=["text", "thought", "call"]
)
@pytest.mark.parametrize("version", [None, "v0", "v1", "responses/v1"])
def test_a_whole_response_is_the_same_message(
    upstream: ScriptedUpstream, loop: LoopThread, output: list[Json], version: str | None
) -> None:
    upstream.keeps_connections = False
    upstream.enqueue(*[says_json(response(*output))] * 4)
    options = {"use_responses_api": True, "stream_usage": None, "output_version": version}

    models = [model(kind, upstream, **options) for kind in CLASSES]
    said = [one.invoke("Hi") for one in models] + [loop.run(one.ainvoke("Hi")) for one in models]
    theirs, ours, theirs_in_a_loop, ours_in_a_loop = (
        message.model_dump(exclude={"id"} if version == "v0" else set()) for message in said
    )

    assert ours == theirs
    assert ours_in_a_loop == theirs_in_a_loop


@pytest.mark.parametrize(
    "options", [{}, {"disable_streaming": True}], ids=["asked for a stream", "asked whole"]
)
@pytest.mark.parametrize("arguments", [None, '["Como"]', json.dumps('{"lake": "Como"}')], ids=str)
def test_calls_in_a_whole_response_are_made(
    upstream: ScriptedUpstream, stream: Stream, options: Json, arguments: Any
) -> None:
    upstream.enqueue(
        says_json(response({**CALLED, "arguments": arguments})),
        says_json(response({"type": "message", "content": [{"text": None}, {"text": "Deep."}]}, usage=None)),
    )
    ours = reasoning_model(upstream, use_responses_api=True, **options)

    seen = list(stream(create_agent(ours, [depth]), {"messages": [("user", "How deep?")]}))

    assert len(of_kind(ToolEnd, seen)) == 1
    assert text_of(seen) == "Deep."


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (response(status="failed"), UPSTREAM.code),
        (response(error={"code": "rate_limit_exceeded"}), RATE_LIMITED.code),
        (response(), EMPTY.code),
        (response(None, {"type": "message"}, output=None), EMPTY.code),
    ],
    ids=["failed", "an error", "empty", "null"],
)
def test_a_whole_response_that_is_no_reply_says_so(
    upstream: ScriptedUpstream, stream: Stream, said: Json, code: str
) -> None:
    upstream.enqueue(says_json(said))

    assert code_of(list(stream(unstreamed(upstream, use_responses_api=True), "Hi"))) == code
