"""Iterates asynchronously where no event loop runs: under WSGI, with a loop in a thread. One loop a process.

One, and not one for each response: asynchronous clients keep connections for the next call, and those belong
to the loop that opened them.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

from streaming.response.system_threads import SystemThreads, patched, start_thread, systems


class OwnLoop(Iterator[bytes]):
    """What an asynchronous generator gives, one after the other; the loop does the waiting."""

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        self._frames = frames
        self._step: Future[bytes | None] | None = None

    def __next__(self) -> bytes:
        self._step = _in_loop(self._next())
        with contextlib.suppress(CancelledError):  # closed by another thread
            if (frame := self._step.result()) is not None:
                return frame
        raise StopIteration

    async def _next(self) -> bytes | None:
        return await anext(self._frames, None)

    def close(self) -> None:
        """Cancel what the generator waits for, and close it. From any thread; waits for nothing."""
        if self._step is not None:  # else it has not begun, and there is nothing to close
            self._step.cancel()
            _in_loop(self._close())

    async def _close(self) -> None:
        with contextlib.suppress(RuntimeError):  # a step that lets nobody cancel it: it closes by itself
            await self._frames.aclose()


def _in_loop(work: Coroutine[Any, Any, Any]) -> Future[Any]:
    """Do it in the loop. It sees the caller's context variables."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


_loops: dict[int, asyncio.AbstractEventLoop] = {}
"""By process: a forked one has not inherited the thread."""


def _loop() -> asyncio.AbstractEventLoop:
    """The loop, at work in a thread."""
    if (loop := _loops.get(os.getpid())) is None:
        new = asyncio.SelectorEventLoop(systems("selectors", "DefaultSelector")())
        if patched():
            new.set_default_executor(SystemThreads())
        loop = _loops.setdefault(os.getpid(), new)
        if loop is new:
            start_thread(loop.run_forever)
        else:  # another thread was first
            new.close()
    return loop
