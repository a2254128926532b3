"""Does what `stream()` does for asynchronous views: `astream()`, whose run is a task of the event loop."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace
from inspect import isawaitable
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig

from streaming import errors
from streaming.callbacks.steps import StepFilter
from streaming.conf import get_conf
from streaming.events import IDLE, BaseEvent, End, Event, Idle, Token
from streaming.running.async_worker import AsyncEventQueue, AsyncWorker
from streaming.running.event_stream import start_of

AsyncOnEnd = Callable[[End, AIMessageChunk | None], object]
"""What it returns is awaited, if it can be."""


def astream(
    runnable: Runnable[Any, Any],
    input: Any,
    config: RunnableConfig | None = None,
    *,
    include_names: Sequence[str] | None = None,
    include_types: Sequence[str] | None = None,
    include_tags: Sequence[str] | None = None,
    exclude_names: Sequence[str] | None = None,
    exclude_types: Sequence[str] | None = None,
    exclude_tags: Sequence[str] | None = None,
    include_state: Sequence[str] | None = None,
    on_end: AsyncOnEnd | None = None,
) -> "AsyncEventStream":
    """Run `runnable` on `input`, and give out its events as they happen, as `stream()` does.

    `on_end` may be a coroutine function, in which the database can be asked.
    """
    wanted = StepFilter(
        include_names=include_names,
        include_types=include_types,
        include_tags=include_tags,
        exclude_names=exclude_names,
        exclude_types=exclude_types,
        exclude_tags=exclude_tags,
        include_state=include_state,
    )
    return AsyncEventStream(runnable, input, config, wanted, on_end)


class AsyncEventStream(AsyncGenerator[Event, None]):
    """The generator that `astream()` returns. Also an asynchronous context manager, which closes it.

    Python closes an asynchronous generator that was left early only when it is collected, so leave it
    through `async with`, `aclose()`, or an `EventStreamResponse`.
    """

    def __init__(
        self,
        runnable: Runnable[Any, Any],
        input: Any,
        config: RunnableConfig | None,
        wanted: StepFilter,
        on_end: AsyncOnEnd | None = None,
    ) -> None:
        conf = get_conf()
        self._queue = AsyncEventQueue(conf.QUEUE_SIZE)
        start = start_of(runnable, config)
        self._worker = AsyncWorker(
            runnable, input, self._queue, start=start, config=config, conf=conf, wanted=wanted
        )
        self._on_end = on_end
        self._events = _events_only(self.ticking(None))

    @property
    def message(self) -> AIMessageChunk | None:
        """The reply's chunks added up, as far as they have come. See `EventStream.message`."""
        return self._worker.message

    @property
    def end(self) -> End | None:
        """How the run has ended; None while it goes on."""
        return self._worker.end

    @property
    def exception(self) -> BaseException | None:
        """What the run has raised, if it has."""
        return self._worker.exception

    async def tokens(self) -> AsyncIterator[tuple[str, str]]:
        """Each token with the reply's text so far. Raises what the run raised, after its last token."""
        content = ""
        async with self:
            async for event in self:
                if isinstance(event, Token):
                    content += event.text
                    yield event.text, content
        if self.exception is not None:
            raise self.exception

    async def ticking(self, tick: float | None) -> AsyncGenerator[Event | Idle, None]:
        """The events that are still to come, with an `IDLE` whenever none has come for `tick` seconds."""
        self._worker.start()
        try:
            while not self._queue.ended:
                event = await self._queue.aget(tick) or IDLE
                yield await self._told(event) if isinstance(event, End) else event
        finally:
            self._worker.stop()
            while self._on_end is not None:  # closed before the `End` was read
                event = await self._queue.aget() or IDLE
                if isinstance(event, End):
                    await self._told(event)

    async def _told(self, end: End) -> End:
        """The `End`, once `on_end` has heard of it; that of a failure if it raises."""
        on_end, self._on_end = self._on_end, None
        try:
            told = on_end(end, self.message) if on_end is not None else None
            if isawaitable(told):
                await told
        except Exception as exc:  # noqa: BLE001 - it is theirs, and may raise anything
            errors.log_failure(self._worker.run, errors.INTERNAL, exc, own=True)
            return replace(end, status="failed", error=errors.INTERNAL)
        return end

    async def asend(self, value: None) -> Event:
        return await self._events.asend(value)

    async def athrow(self, typ: Any, val: Any = None, tb: Any = None) -> Event:
        return await self._events.athrow(typ if val is None else val)

    async def aclose(self) -> None:
        """Stop the run, if it goes on, and close its upstream connections."""
        await self._events.aclose()
        self._worker.stop()

    async def __aenter__(self) -> "AsyncEventStream":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.shield(self.aclose())


async def _events_only(events: AsyncGenerator[Event | Idle, None]) -> AsyncGenerator[Event, None]:
    try:
        async for event in events:
            if isinstance(event, BaseEvent):
                yield event
    finally:
        await events.aclose()
