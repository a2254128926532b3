"""How a worker leaves: its readers at once, its replies when they have ended or the grace has.

The master tells it to by TERM (a deploy, a stop), by QUIT (Ctrl-C: no grace), or by its own death. The
handlers only take a note; a thread of this module's does the rest.
"""

import math
import os
import signal
import sys
import threading
import time
from typing import Any

from chatsite.server.reload import Succession

SUCCESSORS = 20.0
"""Seconds after which successors are not waited for any longer: they may never come."""
FAREWELL = 2.0
"""Seconds to store how the replies have ended, and for their readers to hear of it."""
MARGIN = 3.0
"""Seconds before the end of the grace, when gunicorn kills, at which replies that still go on are ended."""


class Leaving:
    """One worker's way out."""

    def __init__(self, worker: Any, succession: Succession) -> None:
        self._worker = worker
        self._succession = succession
        self._heartbeat = os.dup(worker.tmp.fileno())
        self._told_at: float | None = None
        self._grace_ends = math.inf
        """Not known before the watching thread has seen that the worker leaves."""
        self._in_a_hurry = False

    def prepare(self) -> None:
        """In the worker's main thread, before it accepts requests."""
        signal.signal(signal.SIGTERM, self._on_term)
        signal.siginterrupt(signal.SIGTERM, False)  # noqa: FBT003 - as gunicorn has it
        signal.signal(signal.SIGQUIT, self._on_quit)
        threading.Thread(target=self._watch, name="leaving", daemon=True).start()

    def finish(self, code: int) -> None:
        """The server has nothing more to do: waits for replies that go on, and ends the process. Does not
        wait if the server has failed, or hangs, which is what a `code` says: another one has to take over."""
        from streaming import admission

        self._in_a_hurry |= code != 0
        self._worker.alive = False
        while admission.runs.count and self._may_go_on():
            self._beat()
            time.sleep(0.05)
        leave(code)

    def _on_term(self, number: int, frame: Any) -> None:
        """Whoever is told twice leaves without waiting for successors."""
        if self._told_at is None and self._succession.is_expected:
            self._told_at = time.monotonic()
        else:
            self._worker.handle_exit(number, frame)

    def _on_quit(self, number: int, frame: Any) -> None:
        """gunicorn's own handler takes the lock of the thread pool, and hangs if it interrupts whoever holds
        it."""
        self._in_a_hurry = True
        self._worker.alive = False

    def _watch(self) -> None:
        from streaming import runs

        while self._worker.alive:
            if self._is_alone() or self._is_relieved():
                self._worker.handle_exit(signal.SIGTERM, None)
            time.sleep(0.1)
        self._grace_ends = time.monotonic() + max(0.0, self._worker.cfg.graceful_timeout - MARGIN)
        runs.drain()
        while self._may_go_on():
            time.sleep(0.05)
        leave(0)

    def _is_alone(self) -> bool:
        """Whether the master is dead."""
        return bool(os.getppid() != self._worker.ppid)

    def _is_relieved(self) -> bool:
        """Whether it was told to leave, and waits for no successor."""
        if self._told_at is None:
            return False
        return not self._succession.is_expected or time.monotonic() - self._told_at > SUCCESSORS

    def _may_go_on(self) -> bool:
        return not self._in_a_hurry and time.monotonic() < self._grace_ends

    def _beat(self) -> None:
        """`worker.notify()`, without which the master takes the worker for hung. gunicorn has closed the file
        that it would use."""
        now = time.monotonic()
        os.utime(self._heartbeat, (now, now))


def leave(code: int) -> None:
    """End this process: Python's own way out waits for every thread, and one silent stream would hold it."""
    from streaming import admission, runs

    runs.drain()
    until = time.monotonic() + FAREWELL
    runs.interrupt(within=FAREWELL)
    while admission.readers.count and time.monotonic() < until:
        time.sleep(0.02)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
