"""Runs a runnable as a task of an event loop: the worker of `astream()`, and its queue.

All but the running itself is `Worker`'s, as for threads: the callback, the deadlines, the one end. What ends
a run may come from another thread, the deadlines' say, and so goes through `call_soon_threadsafe`.
"""

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import AsyncGenerator  # noqa: TC003 - cast() of a string is not seen
from contextlib import aclosing
from typing import Any, cast

from streaming.cancellation import Cancelled
from streaming.events import Event
from streaming.running.event_queue import EventQueue
from streaming.running.worker import Worker
from streaming.upstream.branches import task_works_for

_AGAIN = 0.4 if sys.version_info < (3, 12) else 2.0
"""Seconds until what has not ended is cancelled again. Python 3.11's `wait_for()`, in which LangChain waits
for chunks, can swallow a cancellation. Elsewhere only a runnable's own code can, which may be cleaning up."""
_PATIENCE = 10.0
"""Seconds after which a task that lets no cancellation end it is left to itself."""
_SETTLED = 0.05
"""Seconds that the loop gets to close what a cancelled task has dropped."""


class AsyncEventQueue(EventQueue):
    """An `EventQueue` whose reader waits in an event loop, and whose producer must not block there.

    Putting never waits; the producer asks for `room` between two chunks instead.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._read = asyncio.Event()

    def attach(self) -> None:
        """Make the running loop the reader's."""
        self._loop = asyncio.get_running_loop()

    async def aget(self, timeout: float | None = None) -> Event | None:
        """Return the next event; None when there was none for `timeout` seconds."""
        while (event := self.get(0)) is None:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout):  # 3.11's wait_for() can swallow a cancellation
                    await self._news.wait()
            except TimeoutError:
                return None
        self._read.set()
        return event

    async def room(self) -> None:
        """Return when the queue holds fewer events than its size."""
        while len(self._events) >= self._size:
            self._read.clear()
            await self._read.wait()

    def _has_room(self) -> bool:
        return True

    def _added(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: no reader is left
                self._loop.call_soon_threadsafe(self._news.set)


class AsyncWorker(Worker):
    """Runs one runnable's `astream` as a task."""

    _queue: AsyncEventQueue
    _task: "asyncio.Task[None] | None" = None

    def __init__(self, runnable: Any, input: Any, sink: AsyncEventQueue, **options: Any) -> None:
        super().__init__(runnable, input, sink, **options)
        self._queue = sink

    def start(self) -> None:
        """Put the `Start`, and run."""
        self._queue.attach()
        if self._begin():
            self._task = asyncio.create_task(self._run(), context=self._context)

    def _cancel(self) -> None:
        super()._cancel()
        task = self._task
        if task is not None and not task.done():
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the task with it
                task.get_loop().call_soon_threadsafe(self._cancel_tasks, task, time.monotonic() + _PATIENCE)

    def _cancel_tasks(self, task: "asyncio.Task[None]", give_up: float) -> None:
        """Cancel the run's tasks, in the loop, until all have ended: those of parallel branches, too, which
        LangChain forgets when it is cancelled."""
        going_on = [
            other for other in asyncio.all_tasks() if other is task or task_works_for(self._callback, other)
        ]
        for other in going_on:
            other.cancel()
        if going_on and time.monotonic() < give_up:
            asyncio.get_running_loop().call_later(_AGAIN, self._cancel_tasks, task, give_up)

    async def _run(self) -> None:
        with self._ending():
            try:
                chunks = self._runnable.astream(self._input, self._config)
                async with aclosing(cast("AsyncGenerator[Any, None]", chunks)):
                    async for chunk in chunks:
                        self._see(chunk)
                        with self._waiting_for_readers():
                            await self._queue.room()
            except asyncio.CancelledError:
                raise Cancelled from None
        if self._cancellation.cancelled and self._ledger.cut_completions:
            # See ThreadWorker: some models drop their response unclosed, in a cycle. The loop must have
            # closed the generators around it first.
            asyncio.get_running_loop().call_later(_SETTLED, gc.collect)
