"""What a server needs is sent back to it, and what it refuses by name is left out."""

import logging
from typing import Any

import httpx2
import openai
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool

from streaming.events import ToolEnd, ToolStart
from streaming.upstream.left_out import _MOST_SERVERS, LeftOut
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import reasoning_model
from tests.streaming.reading import code_of, end_of, of_kind, text_of
from tests.streaming.upstream.bodies import FINISH, REQUEST, calls, chunk, says, stream_of
from tests.upstream import Failure, Reply, ScriptedUpstream
from tests.upstream.wire import json_bytes


@tool
def depth(lake: str) -> str:
    """The depth of a lake."""
    return f"{lake} is deep"


@tool
def lakes(country: str = "") -> str:
    """The lakes of a country, or of all of them."""
    return f"lakes: {country}"


def call(arguments: Any, *, id_: str = "call_9", name: str = "depth", **fields: Any) -> dict[str, Any]:
    return {"index": 0, "id": id_, "function": {"name": name, "arguments": arguments}, **fields}


BAIKAL = '{"lake": "Baikal"}'


# What is sent back


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_reasoning_goes_back_with_its_call_under_its_own_name(
    upstream: ScriptedUpstream, stream: Stream, field: str
) -> None:
    upstream.enqueue(
        stream_of(chunk({field: "I look "}), chunk({field: "it up."}), calls(call(BAIKAL)), FINISH),
        Reply("Deep."),
    )

    seen = list(
        stream(create_agent(reasoning_model(upstream), [depth]), {"messages": [("user", "How deep?")]})
    )

    assert text_of(seen) == "Deep."
    assert upstream.requests[1].json["messages"][1][field] == "I look it up."


def test_details_and_signatures_go_back_as_they_came(upstream: ScriptedUpstream, stream: Stream) -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    details = [
        {"type": "reasoning.text", "index": 0, "text": text, "signature": None} for text in ("I ", "look.")
    ]
    upstream.enqueue(
        stream_of(
            *(chunk({"reasoning_details": [detail]}) for detail in details),
            chunk({"extra_content": {"google": {"thought": True}}}),
            calls(call(BAIKAL, extra_content=signed)),
            calls(call('{"lake": "Como"}', id_="call_10")),
            FINISH,
        ),
        Reply("Deep."),
    )

    list(stream(create_agent(reasoning_model(upstream), [depth]), {"messages": [("user", "How deep?")]}))

    said = upstream.requests[1].json["messages"][1]
    assert said["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "I look.", "signature": None}
    ]
    assert said["extra_content"] == {"google": {"thought": True}}
    assert [call.get("extra_content") for call in said["tool_calls"]] == [signed, None]


@pytest.mark.parametrize("written", ["<think>I look it up.</think>", ""])
def test_what_a_server_did_not_send_it_does_not_get(
    upstream: ScriptedUpstream, stream: Stream, written: str
) -> None:
    upstream.enqueue(stream_of(chunk({"content": written}), calls(call(BAIKAL)), FINISH), Reply("Deep."))

    list(stream(create_agent(reasoning_model(upstream), [depth]), {"messages": [("user", "How deep?")]}))

    assert set(upstream.requests[1].json["messages"][1]) == {"role", "content", "tool_calls"}


def test_stored_reasoning_goes_back_to_a_server_that_is_known_to_send_some(
    upstream: ScriptedUpstream,
) -> None:
    thinks = stream_of(chunk({"reasoning": "They greet."}), says("Hello"), FINISH)
    upstream.enqueue(Reply("Hello"), thinks, Reply("Hello"))
    stored = [HumanMessage("Hi"), AIMessage("Hm", additional_kwargs={"reasoning_content": "They greet."})]
    model = reasoning_model(upstream)

    for _ in range(3):
        list(model.stream(stored))

    assert [request.json["messages"][1].get("reasoning") for request in upstream.requests] == [
        None,
        None,
        "They greet.",
    ]


def test_a_server_gets_nothing_that_another_has_signed(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hello"), Reply("Hello"))
    kept = {
        "reasoning_content": "They greet.",
        "reasoning_field": "reasoning",
        "reasoning_details": [{"data": "c2"}],
    }
    model = reasoning_model(upstream)

    for server in ("https://elsewhere.test/v1 scripted", f"{upstream.url} scripted"):
        list(model.stream(["Hi", AIMessage("Hm", additional_kwargs={**kept, "sent_by": server}), "And?"]))

    elsewhere, here = (request.json["messages"][1] for request in upstream.requests)
    assert elsewhere == {"role": "assistant", "content": "Hm"}
    assert here == {**elsewhere, "reasoning": "They greet.", "reasoning_details": [{"data": "c2"}]}


def test_a_message_of_another_class_is_sent_as_langchain_has_it(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hello"))
    messages = [HumanMessage("Hi"), AIMessage("Hm", additional_kwargs={"reasoning_content": "They greet."})]

    reasoning_model(upstream).invoke(messages)

    assert upstream.requests[0].json["messages"][1] == {"role": "assistant", "content": "Hm"}


# Calls that cannot be read


@pytest.mark.parametrize("arguments", ['["Baikal"]', '{"lake": "Bai', "7", '{"lake"'])
def test_the_model_is_told_of_arguments_that_are_none(
    upstream: ScriptedUpstream, stream: Stream, arguments: str
) -> None:
    upstream.enqueue(
        stream_of(calls(call(arguments)), FINISH),
        stream_of(calls(call(BAIKAL, id_="call_10")), FINISH),
        Reply("Deep."),
    )

    seen = list(
        stream(create_agent(reasoning_model(upstream), [depth]), {"messages": [("user", "How deep?")]})
    )

    told = upstream.requests[1].json["messages"]
    assert told[1]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert told[2]["role"] == "tool"
    assert "lake" in told[2]["content"]
    assert [end.output for end in of_kind(ToolEnd, seen) if end.error is None] == ["Baikal is deep"]
    assert text_of(seen) == "Deep."


def test_a_tool_that_would_run_without_arguments_is_not_called(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(stream_of(calls(call('{"country": "Fin', name="lakes")), FINISH))

    seen = list(stream(create_agent(reasoning_model(upstream), [lakes]), {"messages": [("user", "Which?")]}))

    assert of_kind(ToolStart, seen) == []
    assert code_of(seen) == "upstream_error"


def test_the_half_of_a_call_is_never_made(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(calls(call(BAIKAL)), done=False))

    seen = list(
        stream(create_agent(reasoning_model(upstream), [depth]), {"messages": [("user", "How deep?")]})
    )

    assert of_kind(ToolStart, seen) == []
    assert code_of(seen) == "upstream_incomplete"


# What is left out

REFUSALS = {
    "stream_options": {
        "detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]
    },
    "temperature": {
        "error": {"message": "Unsupported value: 'temperature' must be 1.", "param": "temperature"}
    },
    "parallel_tool_calls": {"error": "Unknown parameter: parallel_tool_calls"},
    "max_completion_tokens": {
        "object": "error",
        "message": {"detail": "max_completion_tokens: extra forbidden"},
    },
}


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("options", [{}, {"disable_streaming": True}], ids=["stream", "whole"])
def test_a_parameter_that_is_refused_by_name_is_left_out_from_then_on(
    upstream: ScriptedUpstream,
    stream: Stream,
    name: str,
    status: int,
    options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    if name == "stream_options" and options:
        pytest.skip("only streams have it")
    refused = Failure(status, body=json_bytes(REFUSALS[name]))
    upstream.on(lambda request: refused if name in request.json else Reply("Hello"))
    model = reasoning_model(upstream, stream_usage=True, temperature=0.5, max_tokens=9, **options)
    bound = model.bind(parallel_tool_calls=False)

    with caplog.at_level(logging.WARNING, "streaming"):
        texts = [text_of(list(stream(bound, "Hi"))) for _ in range(2)]

    assert texts == ["Hello", "Hello"]
    assert [name in request.json for request in upstream.requests] == [True, False, False]
    assert caplog.text.count(name) == 1


def test_the_other_name_of_the_length_limit_is_used_instead(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    refused = Failure(400, body=json_bytes(REFUSALS["max_completion_tokens"]))
    upstream.on(lambda request: refused if "max_completion_tokens" in request.json else Reply("Hello"))

    list(stream(reasoning_model(upstream, max_tokens=9), "Hi"))

    assert upstream.requests[1].json["max_tokens"] == 9


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, {"error": {"message": "Unknown parameter: 'tools'", "param": "tools"}}),
        (400, {"error": {"message": "The temperature of the sea is rising."}}),
        (400, {"error": {"message": "The `reasoning_content` must be passed back."}}),
        (401, {"error": {"message": "stream_options are not allowed"}}),
    ],
)
def test_another_refusal_is_the_end(
    upstream: ScriptedUpstream, stream: Stream, status: int, said: dict[str, Any]
) -> None:
    upstream.enqueue(Failure(status, body=json_bytes(said)))

    end = end_of(list(stream(reasoning_model(upstream, stream_usage=True, temperature=0.5), "Hi")))

    assert end.status == "failed"
    assert len(upstream.requests) == 1


def test_the_oldest_server_is_forgotten() -> None:
    left_out = LeftOut()
    refusal = openai.BadRequestError(
        "no", response=httpx2.Response(400, request=REQUEST), body={"param": "temperature"}
    )

    for number in range(_MOST_SERVERS + 1):
        assert left_out.learn((str(number), "m"), {"temperature": 1}, refusal)
    payloads = [{"temperature": 1}, {"temperature": 1}]
    left_out.apply(("0", "m"), payloads[0])
    left_out.apply(("1", "m"), payloads[1])

    assert payloads == [{"temperature": 1}, {}]
