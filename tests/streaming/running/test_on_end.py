"""`on_end`: told once how a stream has ended, wherever it ends, before its reader is."""

import asyncio
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableLambda

from streaming import EventStreamResponse, stream
from streaming.events import End, Token
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import end_of, until
from tests.upstream import Reply, ScriptedUpstream


class Told:
    """What `on_end` was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str | None]] = []

    def __call__(self, end: End, message: AIMessageChunk | None) -> None:
        self.calls.append((end.status, None if message is None else message.text))


def test_it_has_the_message_before_the_reader_sees_the_end(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    told = Told()

    with stream(chat_model(upstream), "Hi", on_end=told) as events:
        until(End, events)
        assert told.calls == [("done", "Hello")]

    assert told.calls == [("done", "Hello")]


def test_a_reader_who_leaves_ends_it_as_stopped(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", upstream.gate()))
    told = Told()
    response = EventStreamResponse(stream(chat_model(upstream), "Hi", on_end=told))
    assert any(b"Hel" in frame for frame in response)

    response.close()

    assert told.calls == [("stopped", "Hel")]


def test_it_is_not_called_for_what_never_began(upstream: ScriptedUpstream) -> None:
    told = Told()
    EventStreamResponse(stream(chat_model(upstream), "Hi", on_end=told)).close()

    assert told.calls == []


def test_a_stream_that_is_left_ends_as_stopped(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Hel", upstream.gate()))
    told = Told()

    with stream(chat_model(upstream), "Hi", on_end=told) as events:
        until(Token, events)

    assert told.calls == [("stopped", "Hel")]


def test_a_coroutine_function_is_awaited_before_the_reader_sees_the_end(
    upstream: ScriptedUpstream, astream: Stream
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    told = Told()

    async def save(end: End, message: AIMessageChunk | None) -> None:
        await asyncio.sleep(0)
        told(end, message)

    with astream(chat_model(upstream), "Hi", on_end=save) as events:
        until(End, events)
        assert told.calls == [("done", "Hello")]


def test_what_it_raises_is_a_failed_end(stream: Stream) -> None:
    def fail(end: End, message: Any) -> None:
        raise ValueError("my database is full")

    events = list(stream(RunnableLambda(str), "Hi", on_end=fail))

    end = end_of(events)
    assert (end.status, end.id) == ("failed", len(events))
    assert end.error is not None
    assert end.error.code == "internal"


def test_the_stream_says_how_it_ended(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))

    with stream(chat_model(upstream), "Hi") as events:
        until(Token, events)
        assert (events.end, events.exception) == (None, None)
        gate.open()
        end = until(End, events)
        assert events.end is end


def test_the_stream_says_what_was_raised() -> None:
    mine = ValueError("mine")

    def fail(_: str) -> str:
        raise mine

    with stream(RunnableLambda(fail), "Hi") as events:
        until(End, events)
    assert events.exception is mine
