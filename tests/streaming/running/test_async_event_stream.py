"""astream(): the same events, the same ends, in an event loop.

LangChain keeps one asynchronous client for all loops. Each test has a loop of its own, so whatever is
answered to the end closes its connection: none may be left in the client when the loop has gone.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from streaming import astream, stream
from streaming.events import End, Event, Start, Token
from streaming.running.async_worker import AsyncEventQueue
from tests.streaming.models import plain_chat_model, plain_completion_model
from tests.upstream import Comments, EndlessTokens, ErrorEvent, Failure, Reply, ScriptedUpstream

MODELS = [plain_chat_model, plain_completion_model]
Model = Callable[..., Runnable[Any, Any]]


def collect(runnable: Runnable[Any, Any], **options: Any) -> list[Event]:
    async def run() -> list[Event]:
        return [event async for event in astream(runnable, "Hi", **options)]

    return asyncio.run(run())


def without_run(events: list[Event]) -> list[Event]:
    """The events but for the run's id, which differs from run to run."""
    assert isinstance(events[0], Start)
    return events[1:]


@pytest.mark.parametrize("model", MODELS)
def test_the_events_are_those_of_the_synchronous_twin(upstream: ScriptedUpstream, model: Model) -> None:
    upstream.enqueue(*(Reply("Hel", "lo", close=True) for _ in range(2)))

    events = collect(model(upstream))

    assert without_run(events) == without_run(list(stream(model(upstream), "Hi")))
    assert [event.text for event in events if isinstance(event, Token)] == ["Hel", "lo"]


def test_a_chain_streams(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Why", " not?", close=True))
    chain: Runnable[Any, str] = (
        ChatPromptTemplate.from_template("{q}") | plain_chat_model(upstream) | StrOutputParser()
    )

    events = collect(chain)

    assert [event.text for event in events if isinstance(event, Token)] == ["Why", " not?"]


def test_asynchronous_functions_and_generators_run(upstream: ScriptedUpstream) -> None:
    async def shout(pieces: AsyncIterator[Any]) -> AsyncIterator[str]:
        async for piece in pieces:
            yield piece.text.upper()

    upstream.enqueue(Reply("a", "b", close=True))

    events = collect(plain_chat_model(upstream) | RunnableGenerator(shout))

    end = events[-1]
    assert isinstance(end, End)
    assert end.status == "done"
    assert [event.event for event in events if event.event == "output"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("a", finish=None, close=True), "upstream_incomplete"),
        (Reply("a", ErrorEvent("x"), close=True), "upstream_error"),
        (Failure(401), "upstream_auth"),
    ],
    ids=["broken off", "error", "refused"],
)
def test_failures_end_it_as_failed(upstream: ScriptedUpstream, reply: Reply | Failure, code: str) -> None:
    upstream.enqueue(reply)

    end = collect(plain_chat_model(upstream))[-1]

    assert isinstance(end, End)
    assert end.error is not None
    assert (end.status, end.error.code) == ("failed", code)


def test_tokens_come_with_the_text_and_the_failure(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo", ErrorEvent("boom"), close=True))

    async def run() -> None:
        tokens = astream(plain_chat_model(upstream), "Hi").tokens()
        assert [await anext(tokens), await anext(tokens)] == [("Hel", "Hel"), ("lo", "Hello")]
        with pytest.raises(openai.APIError):
            await anext(tokens)

    asyncio.run(run())


@pytest.mark.alone
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("state", ["before headers", "silent", "comments", "flowing"])
def test_closing_it_closes_the_providers_connection(
    upstream: ScriptedUpstream, model: Model, state: str
) -> None:
    gate = upstream.gate()
    upstream.enqueue(
        {
            "before headers": Reply(headers_after=gate),
            "silent": Reply("a", gate),
            "comments": Reply("a", Comments()),
            "flowing": Reply(EndlessTokens()),
        }[state]
    )

    async def run() -> bool:
        async with astream(model(upstream), "Hi") as events:
            await anext(events)
            if state == "before headers":
                await asyncio.to_thread(gate.wait_until_reached)
            else:
                assert isinstance(await anext(events), Token)
        return await asyncio.to_thread(upstream.requests[0].peer_closed.wait, 1)

    assert asyncio.run(run())
    assert len(upstream.requests) == 1


def test_cancelling_calls_no_fallback(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply(headers_after=gate))
    model = plain_chat_model(upstream)

    async def run() -> None:
        async with astream(model.with_fallbacks([model]), "Hi") as events:
            await anext(events)
            await asyncio.to_thread(gate.wait_until_reached)
        await asyncio.to_thread(upstream.requests[0].peer_closed.wait, 1)

    asyncio.run(run())
    assert len(upstream.requests) == 1


def test_a_cancelled_consumer_stops_the_run(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))

    async def consume() -> None:
        async with astream(plain_chat_model(upstream), "Hi") as events:
            async for _ in events:
                pass

    async def run() -> bool:
        task = asyncio.create_task(consume())
        await asyncio.to_thread(gate.wait_until_reached)
        task.cancel()
        return await asyncio.to_thread(upstream.requests[0].peer_closed.wait, 1)

    assert asyncio.run(run())


def test_a_cancellation_that_gets_lost_is_repeated() -> None:
    async def run() -> None:
        waits, ended = asyncio.Event(), asyncio.Event()

        async def deaf(_: str) -> None:
            waits.set()
            with contextlib.suppress(asyncio.CancelledError):  # as 3.11's wait_for() may do
                await asyncio.Event().wait()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async with astream(RunnableLambda(deaf), "Hi") as events:
            await anext(events)
            await waits.wait()
        async with asyncio.timeout(10):
            await ended.wait()

    asyncio.run(run())


def test_deadlines_hold(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"IDLE_TIMEOUT": 0.2}
    upstream.enqueue(Reply("a", upstream.gate()))

    end = collect(plain_chat_model(upstream))[-1]

    assert isinstance(end, End)
    assert end.error is not None
    assert "fell silent" in end.error.message


def test_a_slow_consumer_holds_the_provider_back(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"QUEUE_SIZE": 2}
    upstream.enqueue(Reply(*"abcdefgh", close=True))

    events = collect(plain_chat_model(upstream))

    assert "".join(event.text for event in events if isinstance(event, Token)) == "abcdefgh"


def test_the_loop_goes_on_while_a_synchronous_function_works() -> None:
    import threading

    started, go_on = threading.Event(), threading.Event()

    def slow(_: str) -> str:
        started.set()
        assert go_on.wait(60), "the loop stood still"
        return "done"

    async def run() -> list[Event]:
        async with astream(RunnableLambda(slow), "Hi") as events:
            found = [await anext(events)]
            await asyncio.to_thread(started.wait, 5)
            go_on.set()
            found += [event async for event in events]
            return found

    end = asyncio.run(run())[-1]
    assert isinstance(end, End)
    assert end.status == "done"


def test_a_slow_consumer_is_no_silent_provider(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"IDLE_TIMEOUT": 0.3, "QUEUE_SIZE": 1}
    upstream.enqueue(Reply("a", "b", "c", close=True))

    async def run() -> Event:
        async with astream(plain_chat_model(upstream), "Hi") as events:
            await anext(events)
            await asyncio.sleep(1.5)  # the consumer's slowness, longer than the deadline
            return [event async for event in events][-1]

    end = asyncio.run(run())
    assert isinstance(end, End)
    assert end.status == "done"


@pytest.mark.parametrize("steps", range(8))
def test_a_reader_cancelled_as_an_event_comes_is_gone(steps: int) -> None:
    async def read(queue: AsyncEventQueue) -> None:
        while True:
            await queue.aget(60)

    async def run() -> None:
        queue = AsyncEventQueue(size=10)
        queue.attach()
        reader = asyncio.create_task(read(queue))
        await asyncio.sleep(0)
        queue.put(Token("a"))
        for _ in range(steps):  # of the loop, on the event's way to the reader
            await asyncio.sleep(0)

        reader.cancel()

        done, _ = await asyncio.wait([reader], timeout=2)
        assert done, "the cancellation was swallowed"

    asyncio.run(run())
