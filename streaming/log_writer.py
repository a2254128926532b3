"""Commits what all runs of this process have waiting, together, in one thread.

At once when it was idle, then about every 50 ms: so the first token is not held back, and two hundred
streams cost as many commits as one. While the database is away (restarted, its disk full) events wait here,
as many as the runs may write, and readers see none of them.
"""

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import Error, InterfaceError, OperationalError, connection, transaction

from streaming import wakeups
from streaming.events import End
from streaming.lease import lease
from streaming.models import LogPart, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streaming.events import Event
    from streaming.owned_log import OwnedLog

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


class LogWriter:
    """The queue of logs that have something waiting, and the thread that commits it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[OwnedLog, None] = {}
        self._thread: threading.Thread | None = None
        self._outage = 0.0
        """Seconds to the next try, while commits fail."""

    def wake(self, log: "OwnedLog") -> None:
        """The log has something to commit. From any thread; never waits for the database."""
        with self._changed:
            self._waiting[log] = None
            if self._thread is None or not self._thread.is_alive():  # not alive: this process was forked
                self._thread = threading.Thread(target=self._run, name="streaming-log-writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            logs = self._take()
            if not logs:
                connection.close()
                continue
            began = time.monotonic()
            unwritten = self._write(logs)
            pause = self._put_off(unwritten) if unwritten else 0.0
            time.sleep(max(pause, began + INTERVAL - time.monotonic(), 0.0))

    def _take(self) -> "list[OwnedLog]":
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, _IDLE)
            logs, self._waiting = list(self._waiting), {}
            return logs

    def _write(self, logs: "list[OwnedLog]") -> "list[OwnedLog]":
        """Commit what they have; returns those for which that could not be done now.

        All together; after a failure one by one, so that one that cannot be written holds up no other.
        """
        unsure = bool(self._outage)
        groups = [[log] for log in logs] if unsure else [logs]
        unwritten: list[OwnedLog] = []
        for place, some in enumerate(groups):
            try:
                self._commit(some, unsure=unsure)
            except Exception as exc:  # noqa: BLE001 - whatever it is, the other runs need this thread
                self._say(exc)
                unwritten += some
                connection.close()
                if not _database_answers():
                    return unwritten + [log for rest in groups[place + 1 :] for log in rest]
                self._refused(some, exc)
        if not unwritten:
            self._outage = 0.0
        return unwritten

    def _say(self, exc: Exception) -> None:
        if not self._outage:
            logger.error("events cannot be stored now and are kept in memory: %s", type(exc).__name__)
            self._outage = INTERVAL

    def _refused(self, logs: "Sequence[OwnedLog]", exc: Exception) -> None:
        """The database takes everything but these. If it is one alone, and always: give up on it."""
        for log in logs:
            log.refusals += 1
            if len(logs) == 1 and log.refusals > _REFUSALS:
                with suppress(Error):  # the database has gone just now: it is put off like the others
                    self._fail(log, exc)

    def _put_off(self, logs: "Sequence[OwnedLog]") -> float:
        """Nothing of theirs was written, or it is not known: try again after so many seconds."""
        self._outage = min(self._outage * 2, _RETRY_MAX)
        with self._changed:
            self._waiting = dict.fromkeys(logs) | self._waiting
        return self._outage

    def _commit(self, logs: "Sequence[OwnedLog]", *, unsure: bool = False) -> None:
        """All together; one by one when one of them spoils it, so that it spoils no other."""
        try:
            self._store(logs, unsure=unsure)
        except Fenced:
            self._give_up(logs)
        except (OperationalError, InterfaceError):
            raise
        except Exception as exc:  # noqa: BLE001 - a receiver of `run_ended` may raise anything
            if len(logs) > 1:
                for log in logs:
                    self._commit([log], unsure=True)
            else:
                self._fail(logs[0], exc)

    def _store(self, logs: "Sequence[OwnedLog]", *, unsure: bool, announce: bool = True) -> None:
        """One transaction. `unsure`: the database may have more of them than this process knows."""
        with transaction.atomic():
            if not lease.beat():
                raise Fenced
            known = {log: _last_in_database(log) if unsure else 0 for log in logs}
            written = _insert(logs, known)
            for log, last in written:
                if isinstance(last, End):
                    _finish(log, last, announce=announce)
        for log, number in known.items():
            if number and (found := log.event(number)):
                _show(log, found)
        for log, last in written:
            _show(log, last)
        wakeups.publish([log.run_id for log, _ in written])

    def _fail(self, log: "OwnedLog", exc: Exception) -> None:
        """This one cannot be stored: it ends as failed. If not even that can be, it is given up."""
        if not isinstance(exc, NotOwned) and Run.objects.filter(pk=log.run_id).exists():
            logger.error("run %s: its events cannot be stored", log.run_id, exc_info=exc)
            log.fail()
            # It may be a receiver of the end that fails.
            if self._stored(log, announce=True) or self._stored(log, announce=False):
                return
        log.abandon()

    def _stored(self, log: "OwnedLog", *, announce: bool) -> bool:
        try:
            self._store([log], unsure=True, announce=announce)
        except Exception:
            logger.exception("run %s: its end cannot be stored", log.run_id)
            return False
        return True

    def _give_up(self, logs: "Sequence[OwnedLog]") -> None:
        logger.error("this process was silent for too long: others have taken over its runs")
        lease.lost(logs[0].owner)
        for log in logs:
            log.abandon()


def _insert(logs: "Sequence[OwnedLog]", known: "dict[OwnedLog, int]") -> "list[tuple[OwnedLog, Event]]":
    """Add a part to each log that has something waiting; returns the last event of each."""
    written = []
    for log in logs:
        if log.owner != lease.id:
            raise NotOwned
        if events := log.waiting(known=known[log]):
            LogPart.of(log.run_id, events).save(force_insert=True)
            written.append((log, events[-1]))
    return written


def _last_in_database(log: "OwnedLog") -> int:
    """The number of the last event that the database has. The answer to a commit may have been lost: then it
    is more than this process knows. (Inside the transaction that holds the lease: no other is under way.)"""
    last = LogPart.objects.filter(run=log.run_id).last()
    return last.first + len(last.load()) - 1 if last is not None else 0


def _database_answers() -> bool:
    try:
        lease.beat()
    except Error:
        connection.close()
        return False
    return True


def _show(log: "OwnedLog", newest: "Event") -> None:
    try:
        log.stored(newest)
    except Exception:  # it is stored: the other logs must not be written again for this one
        logger.exception("run %s: its readers could not be told", log.run_id)


def _finish(log: "OwnedLog", end: End, *, announce: bool) -> None:
    run = Run(pk=log.run_id, owner=log.owner)
    events = log.all_up_to(end)
    if not run.finish(end, events, stopped_after_ms=log.stopped_after_ms, announce=announce):
        raise NotOwned


log_writer = LogWriter()
"""The process's only one. Its thread starts with the first run."""
