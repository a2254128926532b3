"""OpenAI's other API is read as LangChain's class reads it, and more leniently."""

import functools
import json
import operator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from streaming.errors import EMPTY, INCOMPLETE, UPSTREAM
from streaming.events import Reasoning as Thoughts
from streaming.events import Usage
from tests.streaming.in_a_loop import LoopThread, Stream
from tests.streaming.models import reasoning_model
from tests.streaming.reading import code_of, end_of, of_kind, text_of
from tests.streaming.upstream.bodies import body, events
from tests.streaming.upstream.test_drop_in import CLASSES, model, summed
from tests.upstream import Reasoning, Reply, ScriptedUpstream

MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "depth", "arguments": ""}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": []}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def response(status: str = "completed", *output: Any, **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 6, "output_tokens": 2, "total_tokens": 8}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "scripted",
        "status": status,
        "output": list(output),
        "usage": usage,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        **fields,
    }


def text(delta: Any, **fields: Any) -> dict[str, Any]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return event("output_text.delta", delta=delta, **place, **fields)


CREATED = event("created", response=response("in_progress"))
COMPLETED = event("completed", response=response())
CORPUS = {
    "text": [
        CREATED,
        event("output_item.added", output_index=0, item=MESSAGE),
        text("Rain "),
        text("falls."),
    ],
    "a call": [
        CREATED,
        event("output_item.added", output_index=0, item=CALL),
        event("function_call_arguments.delta", item_id="fc_1", output_index=0, delta='{"lake": '),
        event("function_call_arguments.delta", item_id="fc_1", output_index=0, delta='"Como"}'),
        event("output_item.done", output_index=0, item={**CALL, "arguments": '{"lake": "Como"}'}),
    ],
    "encrypted reasoning": [
        CREATED,
        event("output_item.added", output_index=0, item=THOUGHT),
        event("reasoning_summary_part.added", item_id="rs_1", output_index=0, summary_index=0, part={}),
        event(
            "reasoning_summary_text.delta", item_id="rs_1", output_index=0, summary_index=0, delta="Clouds"
        ),
        event("reasoning_summary_text.delta", item_id="rs_1", output_index=0, summary_index=0, delta="."),
        event("output_item.done", output_index=0, item={**THOUGHT, "encrypted_content": "c2VjcmV0"}),
        event("output_item.added", output_index=1, item=MESSAGE),
        event("output_text.delta", item_id="msg_1", output_index=1, content_index=0, delta="Rain."),
        event("output_text.done", item_id="msg_1", output_index=1, content_index=0, text="Rain."),
    ],
}
OPTIONS: dict[str, Any] = {"use_responses_api": True, "stream_usage": None}


def stream_of(*said: Any) -> Reply:
    return body(events(*said, done=False))


@pytest.mark.parametrize("said", CORPUS)
@pytest.mark.parametrize("version", [None, "v0", "v1", "responses/v1"])
def test_a_stream_adds_up_to_the_same_message(
    upstream: ScriptedUpstream, said: str, version: str | None
) -> None:
    upstream.enqueue(*[stream_of(*CORPUS[said], COMPLETED)] * 2)

    options = {**OPTIONS, "output_version": version}
    theirs, ours = (summed(list(model(kind, upstream, **options).stream("Hi"))) for kind in CLASSES)

    assert ours == theirs


@pytest.mark.parametrize("said", CORPUS)
def test_so_it_does_in_a_coroutine(upstream: ScriptedUpstream, loop: LoopThread, said: str) -> None:
    upstream.keeps_connections = False
    upstream.enqueue(*[stream_of(*CORPUS[said], COMPLETED)] * 2)

    async def read(kind: Any) -> list[Any]:
        return [chunk async for chunk in model(kind, upstream, **OPTIONS).astream("Hi")]

    theirs, ours = (summed(loop.run(read(kind))) for kind in CLASSES)

    assert ours == theirs


def test_reasoning_items_go_back_with_the_next_request(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(
        stream_of(*CORPUS["encrypted reasoning"], COMPLETED), stream_of(text("Snow."), COMPLETED)
    )
    ours = reasoning_model(upstream, use_responses_api=True, include=["reasoning.encrypted_content"])

    first, *others = list(ours.stream("Hi"))
    list(ours.stream(["Hi", first.__add__(others), "And then?"]))

    (sent,) = [item for item in upstream.requests[1].json["input"] if item.get("type") == "reasoning"]
    assert sent["encrypted_content"] == "c2VjcmV0"


def test_pieces_that_come_together_are_one_event(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply(Reasoning("They "), Reasoning("greet."), "Hel", "lo"))

    seen = list(stream(reasoning_model(upstream, use_responses_api=True), "Hi"))

    assert "".join(part.text for part in of_kind(Thoughts, seen)) == "They greet."
    assert text_of(seen) == "Hello"
    assert end_of(seen).usage == Usage(5, 4, "reported")


@pytest.mark.parametrize(
    "said",
    [
        [text("Rain."), COMPLETED],
        [text(None), text("Rain."), text(7), COMPLETED],
        [{"type": None}, {}, event("output_item.added"), event("queued"), text("Rain."), COMPLETED],
        [event("output_text.delta", delta="Rain."), COMPLETED],
        [event("refusal.delta", delta="Rain."), COMPLETED],
        [
            event(
                "completed",
                response=response("completed", {"type": "message", "content": [{"text": "Rain."}]}),
            )
        ],
        [
            "event: response.output_text.delta\ndata: "
            + '{"type": "response.output_text.delta", "delta": "Rain."}',
            COMPLETED,
        ],
    ],
    ids=[
        "bare",
        "odd deltas",
        "events without fields",
        "no places",
        "a refusal",
        "only at the end",
        "named events",
    ],
)
def test_the_text_is_read_whatever_is_missing(
    upstream: ScriptedUpstream, stream: Stream, said: list[Any]
) -> None:
    upstream.enqueue(stream_of(*said))

    seen = list(stream(reasoning_model(upstream, use_responses_api=True), "Hi"))

    assert text_of(seen) == "Rain."
    assert end_of(seen).status == "done"


def test_raw_reasoning_of_open_models_is_reasoning(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(event("reasoning_text.delta", delta="Clouds."), text("Rain."), COMPLETED))

    seen = list(stream(reasoning_model(upstream, use_responses_api=True), "Hi"))

    assert [part.text for part in of_kind(Thoughts, seen)] == ["Clouds."]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([text("Rain ")], INCOMPLETE.code),
        ([text("Rain "), "data: [DONE]"], INCOMPLETE.code),
        ([CREATED, COMPLETED], EMPTY.code),
        ([text("Rain "), {"type": "error", "code": "server_error", "message": "No."}], UPSTREAM.code),
        ([text("Rain "), event("failed", response={"error": {"code": "server_error"}})], UPSTREAM.code),
        ([event("failed")], UPSTREAM.code),
    ],
    ids=["broken off", "done without an end", "empty", "an error", "failed", "failed without a word"],
)
def test_what_is_no_reply_says_so(
    upstream: ScriptedUpstream, stream: Stream, said: list[Any], code: str
) -> None:
    upstream.enqueue(stream_of(*said))

    assert code_of(list(stream(reasoning_model(upstream, use_responses_api=True), "Hi"))) == code


ODD = json.dumps(json.dumps({"city": "Oslo"}))


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        ([ODD], {"city": "Oslo"}),
        ([ODD[:5], ODD[5:]], {"city": "Oslo"}),
        ([" ", '{"city": ', '"Oslo"}'], {"city": "Oslo"}),
        (["[1]"], {}),
        (["null"], {}),
    ],
    ids=["encoded twice", "in pieces", "as they should be", "a list", "none"],
)
def test_arguments_are_an_object_however_they_were_encoded(
    upstream: ScriptedUpstream, pieces: list[str], arguments: dict[str, str]
) -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": ""}
    deltas = [
        event("function_call_arguments.delta", item_id="fc_1", output_index=0, delta=piece)
        for piece in pieces
    ]
    done = call | {"arguments": "".join(pieces)}
    upstream.enqueue(
        stream_of(
            CREATED,
            event("output_item.added", output_index=0, item=call),
            *deltas,
            event("output_item.done", output_index=0, item=done),
            event("completed", response=response("completed", done)),
        )
    )
    chunks = reasoning_model(upstream, use_responses_api=True).stream("Hi")

    message = functools.reduce(operator.add, chunks)

    assert [(called["name"], called["args"]) for called in message.tool_calls] == [("weather", arguments)]


@pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])
def test_images_are_sent_as_the_api_has_them(upstream: ScriptedUpstream, responses: bool) -> None:
    address = "data:image/png;base64,iVBORw0KGgo="
    asked = HumanMessage(
        [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": address}}]
    )
    upstream.enqueue(*([stream_of(text("Snow."), COMPLETED)] if responses else [Reply("Snow.")]))
    ours = reasoning_model(upstream, use_responses_api=responses)

    list(ours.stream([asked, AIMessage("A harbour."), HumanMessage("And now?")]))

    sent = upstream.requests[0].json["input" if responses else "messages"][0]["content"]
    assert sent == (
        [{"type": "input_text", "text": "Look"}, {"type": "input_image", "image_url": address}]
        if responses
        else asked.content
    )
