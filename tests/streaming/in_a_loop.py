"""`astream()` as a test sees it that was written for `stream()`: its event loop is in a thread of its own.

One loop serves all tests, as one serves a process: LangChain's asynchronous clients keep connections to it.
"""

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable

from streaming import astream
from streaming.events import Event
from streaming.running.async_event_stream import AsyncEventStream
from streaming.running.event_stream import EventStream

T = TypeVar("T")

_PATIENCE = 30
"""Seconds. Nothing that a test waits for takes as long."""


class LoopThread:
    """An event loop at work, for threads that have none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tests-loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do it in the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_PATIENCE)

    def astream(self, runnable: Runnable[Any, Any], input: Any, *args: Any, **options: Any) -> "InALoop":
        return InALoop(self, astream(runnable, input, *args, **options))

    async def settle(self) -> None:
        """Return when nothing is at work any more: what was left has closed its connections."""
        for _ in range(2):
            if others := asyncio.all_tasks() - {asyncio.current_task()}:
                _, left = await asyncio.wait(others, timeout=_PATIENCE / 3)
                assert not left, left
            await asyncio.sleep(0)  # transports close in the loop's next round
            gc.collect()  # here, and not in a thread of the next test: generators that LangChain has dropped

    def close(self) -> None:
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()


class InALoop(Iterator[Event]):
    """An `astream()`, read and left from outside of its loop."""

    def __init__(self, loop: LoopThread, events: AsyncEventStream) -> None:
        self._loop = loop
        self._events = events

    @property
    def message(self) -> AIMessageChunk | None:
        return self._events.message

    def __next__(self) -> Event:
        event = self._loop.run(self._next())
        if event is None:
            raise StopIteration
        return event

    async def _next(self) -> Event | None:
        return await anext(self._events, None)

    def close(self) -> None:
        self._loop.run(self._events.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Stream = Callable[..., EventStream | InALoop]
"""`stream()`, or what stands for `astream()`."""
