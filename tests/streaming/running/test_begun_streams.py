"""A stream that somebody has read from before it is served: it goes on, and its runnable runs once."""

import asyncio
from contextlib import closing

from streaming import astream, stream
from streaming.events import End, Start
from streaming.response.response import EventStreamResponse
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream


def test_a_response_goes_on_where_the_view_stopped_reading(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hi"))
    events = stream(chat_model(upstream), "Hi")
    assert isinstance(next(events), Start)

    with closing(EventStreamResponse(events)) as response:
        body = b"".join(response)

    assert b"event: start" not in body
    assert body.count(b"event: token") == body.count(b"event: end") == 1
    assert len(upstream.requests) == 1


def test_one_that_is_over_gives_no_more(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hi"))
    events = stream(chat_model(upstream), "Hi")
    assert isinstance(list(events)[-1], End)

    assert list(events.ticking(0.1)) == []


def test_the_asynchronous_twin_does_the_same(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hi", close=True))

    async def read() -> list[object]:
        async with astream(chat_model(upstream), "Hi") as events:
            assert isinstance(await anext(events), Start)
            return [event async for event in events.ticking(None)]

    assert isinstance(asyncio.run(read())[-1], End)
    assert len(upstream.requests) == 1
