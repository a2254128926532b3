"""Commits what all runs of this process have waiting, together, in one thread.

At once when it was idle, then about every 50 ms: so the first token is not held back, and two hundred
streams cost as many commits as one. While the database is away (restarted, its disk full) events wait here,
as many as the runs may write, and readers see none of them.
"""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from django.db import Error, connection, transaction

from streaming.events import End
from streaming.log import wakeups
from streaming.log.lease import lease
from streaming.log.owned_log import OwnedLog
from streaming.models import LogPart, Run
from streaming.outages import is_full, is_outage

logger = logging.getLogger("streaming")

INTERVAL = 0.05
"""Seconds from one commit to the next, while there is something to commit."""
_IDLE = 5.0
"""Seconds after which the thread lets its database connection go."""
_RETRY_MAX = 1.0
_REFUSALS = 20
"""Tries, about as many seconds, after which one that is refused alone is given up."""


class Fenced(Exception):
    """This process was taken for dead: its runs are not its own any more."""


class NotOwned(Exception):
    """This run has gone, has ended, or is somebody else's."""


class Away(Exception):
    """The database does not answer, or its disk is full."""


class LogWriter:
    """The queue of logs that have something waiting, and the thread that commits it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[OwnedLog, None] = {}
        self._put_off: dict[OwnedLog, None] = {}
        """Those that could not be stored, until `_retry_at`. Only for the thread, as what follows."""
        self._retry_at = 0.0
        self._outage = 0.0
        """Seconds from one try to the next, while commits fail."""
        self._thread: threading.Thread | None = None

    def wake(self, log: OwnedLog) -> None:
        """The log has something to commit. From any thread; never waits for the database."""
        with self._changed:
            self._waiting[log] = None
            if self._thread is None or not self._thread.is_alive():  # not alive: this process was forked
                thread = threading.Thread(target=self._run, name="streaming-log-writer", daemon=True)
                with suppress(RuntimeError):  # no more threads to be had: the next event tries again
                    thread.start()
                    self._thread = thread
            self._changed.notify()

    def _run(self) -> None:
        while True:
            logs = self._take()
            if not logs:
                connection.close()
                continue
            began = time.monotonic()
            if unwritten := self._write(logs):
                self._try_later(unwritten)
            time.sleep(max(began + INTERVAL - time.monotonic(), 0.0))

    def _take(self) -> list[OwnedLog]:
        """Those that have something to commit, but for those that were put off. None after a while."""
        patience = self._retry_at - time.monotonic() if self._put_off else _IDLE
        with self._changed:
            self._changed.wait_for(lambda: self._waiting.keys() - self._put_off.keys(), max(patience, 0.0))
            logs, self._waiting = self._waiting, {}
        if self._put_off and time.monotonic() >= self._retry_at:
            logs, self._put_off = self._put_off | logs, {}
        return [log for log in logs if log not in self._put_off]

    def _write(self, logs: list[OwnedLog]) -> list[OwnedLog]:
        """Commit what they have; returns those for which that could not be done now.

        All together; if that is refused one by one, so that one that cannot be written holds up no other.
        """
        try:
            refused = self._refused(logs)
            if len(refused) > 1:
                refused = [log for one in refused for log in self._refused([one])]
        except Away:
            connection.close()
            return logs
        if not refused and not self._put_off:
            self._outage = 0.0
        return refused

    def _try_later(self, logs: Sequence[OwnedLog]) -> None:
        """Nothing of theirs was written, or it is not known. What else comes meanwhile may have more luck."""
        self._outage = min(self._outage * 2, _RETRY_MAX)
        if not self._put_off:
            self._retry_at = time.monotonic() + self._outage
        self._put_off |= dict.fromkeys(logs)

    def _refused(self, logs: list[OwnedLog]) -> list[OwnedLog]:
        """Commit what they have, all or nothing. Returns those that may be taken another time.

        Raises `Away`.
        """
        try:
            self._store(logs)
        except Fenced:
            self._give_up(logs)
        except Exception as exc:  # noqa: BLE001 - a receiver of `run_ended` may raise anything
            self._note(exc)
            if len(logs) > 1:
                return logs
            (log,) = logs
            if is_full(exc):  # something smaller may still have room
                return logs
            log.refusals += 1
            if is_outage(exc) and log.refusals <= _REFUSALS:
                return logs
            self._fail(log, exc)
        return []

    def _note(self, exc: Exception) -> None:
        """A commit has failed. Raises `Away` if that is not the fault of what was to be committed."""
        if not is_outage(exc):
            return
        if not self._outage:
            logger.error("events cannot be stored now and are kept in memory: %s", type(exc).__name__)
            self._outage = INTERVAL
        connection.close()
        try:
            lease.beat()
        except Error:
            raise Away from exc

    def _store(self, logs: Sequence[OwnedLog], *, announce: bool = True) -> None:
        """What they have, in one transaction; then their readers see it."""
        newest: dict[OwnedLog, int] = {}
        try:
            with transaction.atomic():
                newest = _insert(logs, announce=announce)
        except Exception:
            for log in logs:
                log.unsure = True  # the commit may have been made all the same
            raise
        for log, number in newest.items():
            _show(log, number)
        wakeups.publish([log.run_id for log in newest])

    def _fail(self, log: OwnedLog, exc: Exception) -> None:
        """This one cannot be stored: it ends as failed. If not even that can be, it is given up."""
        known = None if isinstance(exc, NotOwned) else self._last_stored(log)
        if known is not None:
            logger.error("run %s: its events cannot be stored", log.run_id, exc_info=exc)
            log.fail(known)
            # It may be a receiver of the end that fails.
            if self._stored(log, announce=True) or self._stored(log, announce=False):
                return
        log.abandon()

    def _last_stored(self, log: OwnedLog) -> int | None:
        """The number of the last event that the database has. None if the run has gone, or this process has
        no lease."""
        try:
            with transaction.atomic():
                if lease.beat() and Run.objects.filter(pk=log.run_id).exists():
                    return _last_in_database(log)
        except Error as exc:
            raise Away from exc
        return None

    def _stored(self, log: OwnedLog, *, announce: bool) -> bool:
        try:
            self._store([log], announce=announce)
        except Exception as exc:
            self._note(exc)
            if is_full(exc):
                raise Away from exc
            logger.exception("run %s: its end cannot be stored", log.run_id)
            return False
        return True

    def _give_up(self, logs: Sequence[OwnedLog]) -> None:
        lease.lost(logs[0].owner)
        for log in logs:
            log.abandon()


def _insert(logs: Sequence[OwnedLog], *, announce: bool) -> dict[OwnedLog, int]:
    """Add a part to each log that has something waiting. Returns the number of the newest event of each that
    has news."""
    if not lease.beat():
        raise Fenced
    newest, parts, ends = {}, [], []
    for log in logs:
        if log.owner != lease.id:
            raise NotOwned
        known = _last_in_database(log) if log.unsure else 0
        if events := log.unseen(after=known):
            parts.append(LogPart.of(log.run_id, events))
            ends += [(log, end) for end in events if isinstance(end, End)]
            known = events[-1].id
        if known:
            newest[log] = known
    LogPart.objects.bulk_create(parts)
    for log, end in ends:
        _finish(log, end, announce=announce)
    return newest


def _last_in_database(log: OwnedLog) -> int:
    """The number of the last event that the database has. The answer to a commit may have been lost: then it
    is more than this process knows. (Inside the transaction that holds the lease: no other is under way.)"""
    last = LogPart.objects.filter(run=log.run_id).last()
    return last.first + len(last.load()) - 1 if last is not None else 0


def _finish(log: OwnedLog, end: End, *, announce: bool) -> None:
    run = Run(pk=log.run_id, owner=log.owner)
    events = log.events(up_to=end.id)
    if not run.finish(end, events, stopped_after_ms=log.stopped_after_ms, announce=announce):
        raise NotOwned


def _show(log: OwnedLog, newest: int) -> None:
    try:
        log.stored(newest)
    except Exception:  # it is stored: the other logs must not be written again for this one
        logger.exception("run %s: its readers could not be told", log.run_id)


log_writer = LogWriter()
"""The process's only one. Its thread starts with the first run."""
