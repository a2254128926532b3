"""Iterates asynchronously where no event loop runs: under WSGI, with the process's own loop."""

import contextlib
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import CancelledError, Future

from streaming.process_loop import in_process_loop


class OwnLoop(Iterator[bytes]):
    """What an asynchronous generator gives, one after the other; the loop does the waiting."""

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        self._frames = frames
        self._step: Future[bytes | None] | None = None

    def __next__(self) -> bytes:
        self._step = in_process_loop(self._next())
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
            in_process_loop(self._close())

    async def _close(self) -> None:
        with contextlib.suppress(RuntimeError):  # a step that lets nobody cancel it: it closes by itself
            await self._frames.aclose()
