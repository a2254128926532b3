"""Commits what all runs of this process have waiting, together, in one thread.

At once while the process has time to spare, else after a pause: so one stream's tokens are not held back, and
two hundred streams cost as many commits as one. While the database is away (restarted, its disk full) events
wait here, as many as the runs may write, and readers see none of them.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from django.db import connection

from streaming.load import load
from streaming.log.commit import Committer
from streaming.log.owned_log import OwnedLog
from streaming.process_thread import ProcessThread

logger = logging.getLogger("streaming")

LONGEST = 0.05
"""Seconds between two commits, where the process is busy."""
_FIRST_RETRY = 0.1
_IDLE = 5.0
"""Seconds after which the thread lets its database connection go."""
_RETRY_MAX = 1.0

Commit = Callable[[Sequence[OwnedLog]], Mapping[OwnedLog, Exception]]
"""Commits what logs have waiting. Returns those for which that could not be done now, with what they met."""


class LogWriter:
    """The queue of logs that have something waiting, and the thread that commits it."""

    def __init__(self, commit: Commit, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._commit = commit
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[OwnedLog, None] = {}
        self._put_off: dict[OwnedLog, None] = {}
        """Those that could not be committed, until `_retry_at`. Only for the thread, as what follows."""
        self._retry_at = 0.0
        self._pause = 0.0
        """Seconds from one try to the next, while commits fail."""
        self._thread = ProcessThread(self._run, name="streaming-log-writer")

    def wake(self, log: OwnedLog) -> None:
        """Commit what the log has waiting. From any thread; never waits for the database."""
        with self._changed:
            if log in self._waiting and self._thread.runs:
                return
            self._waiting[log] = None
            with suppress(RuntimeError):  # no thread is left: the next event tries again
                self._thread.start()
            self._changed.notify()

    def stop(self) -> threading.Thread | None:
        """End the thread: no log has anything to commit. Returns what may still be at work."""
        with self._changed:
            dismissed = self._thread.dismiss()
            self._changed.notify_all()
            return dismissed

    def _run(self) -> None:
        while self._thread.is_current:
            if not (logs := self._take()):
                connection.close()
                continue
            self._put_off_until_later(self._commit(logs))
            time.sleep(load.pause(LONGEST))
        connection.close()

    def _take(self) -> list[OwnedLog]:
        """Wait for logs that have something to commit, and are not put off. None after a while."""
        patience = self._retry_at - self._clock() if self._put_off else _IDLE
        with self._changed:
            self._changed.wait_for(self._has_work, max(patience, 0.0))
            logs, self._waiting = self._waiting, {}
        if self._put_off and self._clock() >= self._retry_at:
            logs, self._put_off = self._put_off | logs, {}
        return [log for log in logs if log not in self._put_off]

    def _has_work(self) -> bool:
        return bool(self._waiting.keys() - self._put_off.keys()) or not self._thread.is_current

    def _put_off_until_later(self, refused: Mapping[OwnedLog, Exception]) -> None:
        """Try these again after a pause, which grows. Others that come meanwhile do not wait for it."""
        if not refused:
            self._pause = self._pause if self._put_off else 0.0
            return
        if not self._pause:
            kind = type(next(iter(refused.values()))).__name__
            logger.error("events cannot be stored now and are kept in memory: %s", kind)
            self._pause = _FIRST_RETRY / 2
        self._pause = min(self._pause * 2, _RETRY_MAX)
        if not self._put_off:
            self._retry_at = self._clock() + self._pause
        self._put_off |= dict.fromkeys(refused)


log_writer = LogWriter(Committer().commit)
"""The process's only one. Its thread starts with the first run."""
