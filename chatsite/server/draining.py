"""How a worker ends: its readers leave at once, and its replies have a grace in which to end.

The master tells a worker to end by TERM (a deploy, a stop), by QUIT (Ctrl-C: no grace), or by dying itself.
The signal handlers only take a note; the thread `draining` does the rest.
"""

import math
import os
import signal
import sys
import threading
import time
from typing import Any

from chatsite.server.reload import ReloadState

NEW_WORKERS = 20.0
"""Seconds after which new workers are not waited for any longer: they may never be ready."""
GOODBYE = 2.0
"""Seconds to store how the replies have ended, and for their readers to be told."""
MARGIN = 3.0
"""Seconds before the end of the grace, when gunicorn kills, at which replies that still go on are ended."""


class Draining:
    """The end of one worker."""

    def __init__(self, worker: Any, reload_state: ReloadState) -> None:
        self._worker = worker
        self._reload_state = reload_state
        self._heartbeat = os.dup(worker.tmp.fileno())
        self._told_at: float | None = None
        """When this worker was told to end, if it waits for a new one since (monotonic)."""
        self._grace_ends = math.inf
        """Known once the thread has seen that the worker ends."""
        self._at_once = False
        """Whether there is no grace."""

    def start(self) -> None:
        """Watch for the end. In the worker's main thread, before it accepts requests."""
        signal.signal(signal.SIGTERM, self._on_term)
        signal.siginterrupt(signal.SIGTERM, False)  # noqa: FBT003 - as gunicorn has it
        signal.signal(signal.SIGQUIT, self._on_quit)
        threading.Thread(target=self._watch, name="draining", daemon=True).start()

    def finish(self, code: int) -> None:
        """Wait for replies that go on, and end the process: gunicorn has nothing more to do in it.

        A `code` says that the worker has failed, or hangs. Then nothing is waited for: another worker has to
        take over.
        """
        from streaming import admission

        self._at_once |= code != 0
        self._worker.alive = False
        while admission.runs.count and self._has_time():
            self._beat()
            time.sleep(0.05)
        end_process(code)

    def _on_term(self, number: int, frame: Any) -> None:
        """A second TERM ends the worker without waiting for new ones."""
        if self._told_at is None and self._reload_state.is_under_way:
            self._told_at = time.monotonic()
        else:
            self._worker.handle_exit(number, frame)

    def _on_quit(self, number: int, frame: Any) -> None:
        """gunicorn's own handler takes the lock of the thread pool, and hangs if it interrupts the code that
        holds it."""
        self._at_once = True
        self._worker.alive = False

    def _watch(self) -> None:
        from streaming import runs

        while self._worker.alive:
            if self._master_is_dead() or self._is_replaced():
                self._worker.handle_exit(signal.SIGTERM, None)
            time.sleep(0.1)
        self._grace_ends = time.monotonic() + max(0.0, self._worker.cfg.graceful_timeout - MARGIN)
        runs.drain()
        while self._has_time():
            time.sleep(0.05)
        end_process(0)

    def _master_is_dead(self) -> bool:
        return bool(os.getppid() != self._worker.ppid)

    def _is_replaced(self) -> bool:
        """Whether this worker was told to end, and need not wait for a new one any longer."""
        if self._told_at is None:
            return False
        return not self._reload_state.is_under_way or time.monotonic() - self._told_at > NEW_WORKERS

    def _has_time(self) -> bool:
        return not self._at_once and time.monotonic() < self._grace_ends

    def _beat(self) -> None:
        """`worker.notify()`, without which the master takes the worker for hung. gunicorn has closed the file
        that it would use."""
        now = time.monotonic()
        os.utime(self._heartbeat, (now, now))


def end_process(code: int) -> None:
    """End this process. Python's own way out waits for every thread, and one silent stream would hold it."""
    from streaming import admission, runs

    runs.drain()
    until = time.monotonic() + GOODBYE
    runs.interrupt(within=GOODBYE)
    while admission.readers.count and time.monotonic() < until:
        time.sleep(0.02)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
