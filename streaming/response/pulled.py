"""Gives out what a generator yields, and `IDLE` while it waits: for generators that know of no ticks.

A generator that waits can neither send a heartbeat nor see that its reader has gone. So it waits in a thread
of its own, or in a task, and the response looks after the reader meanwhile.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from streaming import cancellation
from streaming.cancellation import Cancellation, Cancelled
from streaming.events import IDLE
from streaming.running.worker import close_database_connections

_AHEAD = 64
"""Values that a generator may be ahead of its reader."""
_OVER = object()


class Pulled(Iterator[Any]):
    """Iterates in a thread, which starts with the first `next()` and sees the caller's context variables."""

    def __init__(self, source: Iterator[Any], tick: float) -> None:
        self._source = source
        self._tick = tick
        self._changed = threading.Condition()
        self._values: deque[Any] = deque()
        self._started = self._over = self._closed = False
        self._exception: BaseException | None = None
        self._reader = Cancellation()

    def __next__(self) -> Any:
        if not self._started:
            self._started = True
            work = copy_context().run
            threading.Thread(target=work, args=(self._pull,), name="presenter", daemon=True).start()
        with self._changed:
            if not self._changed.wait_for(lambda: self._values or self._over, self._tick):
                return IDLE
            if self._values:
                self._changed.notify_all()
                return self._values.popleft()
        if self._exception is not None:
            raise self._exception
        raise StopIteration

    def close(self) -> None:
        """End the runs that the generator reads, and then itself. From any thread; waits for neither."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._reader.cancel()
        if not self._started:
            _close(self._source)

    def _pull(self) -> None:
        cancellation.reader.set(self._reader)
        try:
            for value in self._source:
                if not self._add(value):
                    break
            _close(self._source)
        except Cancelled:  # the reader had gone before the run began
            pass
        except BaseException as exc:  # noqa: BLE001 - it is raised where the response is iterated
            self._exception = exc
        finally:
            close_database_connections()
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _add(self, value: Any) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: len(self._values) < _AHEAD or self._closed)
            self._values.append(value)
            self._changed.notify_all()
            return not self._closed


def _close(source: Iterator[Any]) -> None:
    if (close := getattr(source, "close", None)) is not None:
        close()


async def apulled(source: AsyncGenerator[Any, None], tick: float) -> AsyncGenerator[Any, None]:
    """The same for an asynchronous generator, whose steps are tasks."""
    context, step = copy_context(), None
    try:
        while True:
            step = asyncio.get_running_loop().create_task(_step(source), context=context)
            while not (await asyncio.wait({step}, timeout=tick))[0]:
                yield IDLE
            if (value := step.result()) is _OVER:
                return
            yield value
    finally:
        if step is not None and not step.done():
            step.cancel()
            with suppress(asyncio.CancelledError):
                await step
        await source.aclose()


async def _step(source: AsyncGenerator[Any, None]) -> Any:
    return await anext(source, _OVER)
