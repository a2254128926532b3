"""A place in a scripted reply where the model waits for the test."""

import asyncio
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from streaming import cancellation

if TYPE_CHECKING:
    from collections.abc import Callable


class Hold:
    """Holds the runs that come to it, until the test lets them go, or something ends them.

    As a context manager it lets them go at the end, also where the test has failed.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reached = threading.Event()
        self._gone = False
        self._loops: list[Callable[[], object]] = []
        """Each wakes one that waits in an event loop."""

    def wait_until_reached(self, *, timeout: float = 10.0) -> None:
        """Return when a run is held here. Raises TimeoutError after so many seconds."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"no run has come to the hold in {timeout} s")

    def let_go(self) -> None:
        """Let all runs go on that are held here, and those that come later. From any thread."""
        with self._changed:
            self._gone = True
            self._changed.notify_all()
            for wake in self._loops:
                with suppress(RuntimeError):  # the loop has been closed
                    wake()

    def __enter__(self) -> "Hold":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.let_go()

    def stand(self) -> None:
        """Wait, in a run's thread. Raises `Cancelled` when the run is ended."""
        run = cancellation.current.get()
        wake = partial(self._wake)
        if run is not None:
            run.adopt(wake)
        self._reached.set()
        with self._changed:
            self._changed.wait_for(lambda: self._gone or (run is not None and run.cancelled))
        if run is not None:
            run.disown(wake)
            run.check()

    async def astand(self) -> None:
        """Wait, in an event loop. A task that is cancelled waits no longer."""
        woken = asyncio.Event()
        with self._changed:
            self._loops.append(partial(asyncio.get_running_loop().call_soon_threadsafe, woken.set))
            if self._gone:
                woken.set()
        self._reached.set()
        await woken.wait()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
