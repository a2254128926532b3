"""Ends runs that take too long. One thread a process watches them all.

A read timeout cannot do this: it starts again at every byte, and a server that sends keepalive
comments, or a client library that retries, never lets it run out.
"""

import logging
import threading
import time
from typing import Protocol

from streaming.process_thread import ProcessThread

logger = logging.getLogger("streaming")

_GLANCE = 1.0
"""Seconds after which the watch looks again while it waits for a deadline, which may have moved closer."""


class Timed(Protocol):
    """Has deadlines that can be watched."""

    def due(self) -> float:
        """Return when the next deadline falls, on the monotonic clock. It may move, either way."""

    def fail_overdue(self) -> None:
        """End it as failed: its deadline has passed."""


class Watch:
    """Calls `fail_overdue()` on each watched thing once its deadline has passed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Timed] = set()
        self._next = float("inf")
        self._thread = ProcessThread(self._run, name="streaming-deadlines")

    def add(self, timed: Timed) -> None:
        """Begin to watch it."""
        with self._changed:
            self._watched.add(timed)
            self._thread.start()
            if timed.due() < self._next:
                self._changed.notify()

    def discard(self, timed: Timed) -> None:
        """Watch it no longer."""
        with self._changed:
            self._watched.discard(timed)

    def _run(self) -> None:
        while True:
            for timed in self._wait():
                try:
                    timed.fail_overdue()
                except Exception:  # one that cannot be ended must not take the others' deadlines away
                    logger.exception("a deadline could not be enforced")

    def _wait(self) -> list[Timed]:
        with self._changed:
            due = {timed: timed.due() for timed in tuple(self._watched)}
            self._next = min(due.values(), default=float("inf"))
            now = time.monotonic()
            if self._next > now:
                self._changed.wait(min(self._next - now, _GLANCE) if due else None)
                return []
            late = [timed for timed, when in due.items() if when <= now]
            self._watched.difference_update(late)
            return late


watch = Watch()
"""The process's only one. Its thread starts with the first run."""
