"""Commits what the logs of several runs have waiting, in one transaction; then their readers see it.

The transaction counts the lease up, so a process that was taken for dead writes nothing. Only the log
writer's thread commits.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import Error, connection, transaction

from streaming.events import End
from streaming.log import wakeups
from streaming.log.lease import lease
from streaming.log.owned_log import OwnedLog
from streaming.log.verdict import Ending, Fenced, NotOwned, Verdict, judge
from streaming.models import LogPart, Run, Times
from streaming.outages import is_full, is_outage

logger = logging.getLogger("streaming")


@dataclass
class _Failure:
    """What is known of a log whose last commit has failed. (It may have been made all the same.)"""

    cause: Exception | None = None
    refusals: int = 0
    """How often in a row the database has taken everything but this log."""
    ending: Ending = Ending.ITS_OWN


class Committer:
    """Commits logs, and remembers those whose last commit has failed."""

    def __init__(self) -> None:
        self._failures: dict[OwnedLog, _Failure] = {}

    def commit(self, logs: Sequence[OwnedLog]) -> dict[OwnedLog, Exception]:
        """Commit what the logs have waiting: all together and, if that is refused, one by one. Returns those
        to be tried again later, each with what it has failed with."""
        kept: dict[OwnedLog, Exception] = {}
        batches = deque([logs])
        while batches:
            batch = batches.popleft()
            try:
                self._store(batch)
            except Exception as exc:  # noqa: BLE001 - a receiver of `run_ended` may raise anything
                if _database_is_away(exc):
                    return kept | dict.fromkeys(chain(batch, *batches), exc)
                match self._judge(batch, exc):
                    case Verdict.KEEP:
                        kept |= dict.fromkeys(batch, exc)
                    case Verdict.SPLIT:
                        batches += [[log] for log in batch]
                    case Verdict.FAIL:
                        self._fail(batch[0], exc)
                        batches.appendleft(batch)
                    case Verdict.DROP:
                        self._drop(batch, exc)
        return kept

    def _store(self, logs: Sequence[OwnedLog]) -> None:
        try:
            with transaction.atomic():
                newest = self._insert(logs)
        except Exception:
            for log in logs:
                self._failures.setdefault(log, _Failure())
            raise
        for log in logs:
            self._failures.pop(log, None)
        for log, number in newest.items():
            _show(log, number)
        wakeups.publish([log.run_id for log in newest])

    def _insert(self, logs: Sequence[OwnedLog]) -> dict[OwnedLog, int]:
        """Add a part to each log that has something waiting. Returns the logs that have news, each with the
        number of its last event in the database."""
        if not lease.beat():
            raise Fenced
        newest, parts, ends = {}, [], []
        for log in logs:
            if log.owner != lease.id:
                raise NotOwned
            known = self._known(log)
            if events := log.unseen(after=known):
                parts.append(LogPart.of(log.run_id, events))
                ends += [(log, end) for end in events if isinstance(end, End)]
                known = events[-1].id
            if known:
                newest[log] = known
        LogPart.objects.bulk_create(parts)
        for log, end in ends:
            self._end(log, end)
        return newest

    def _known(self, log: OwnedLog) -> int:
        """The number of the last event that the database has, if that may be more than the log knows. A log
        that is to fail is cut there."""
        if (failure := self._failures.get(log)) is None:
            return 0
        known = _last_in_database(log)
        if failure.ending is not Ending.ITS_OWN:
            if not Run.objects.filter(pk=log.run_id).exists():
                raise NotOwned
            if not log.failed:
                logger.error("run %s: its events cannot be stored", log.run_id, exc_info=failure.cause)
            log.fail(known)
        return known

    def _end(self, log: OwnedLog, end: End) -> None:
        failure = self._failures.get(log)
        run, events = Run(pk=log.run_id, owner=log.owner), log.events(up_to=end.id)
        announce = failure is None or failure.ending is not Ending.UNANNOUNCED
        times = Times(first_token_ms=log.first_token_ms, took_ms=log.took_ms)
        if not run.end(end, events, stopped_after_ms=log.stopped_after_ms, times=times, announce=announce):
            raise NotOwned

    def _judge(self, batch: Sequence[OwnedLog], exc: Exception) -> Verdict:
        failure = self._failures[batch[0]]
        verdict = judge(exc, alone=len(batch) == 1, refusals=failure.refusals, ending=failure.ending)
        if verdict is Verdict.KEEP and not is_full(exc):
            failure.refusals += 1
        return verdict

    def _fail(self, log: OwnedLog, exc: Exception) -> None:
        """The log is cut, and ended as failed, when it is next committed."""
        if log.failed:
            logger.error("run %s: its end cannot be stored", log.run_id, exc_info=exc)
        ending = Ending(self._failures[log].ending + 1)
        self._failures[log] = _Failure(exc, ending=ending)

    def _drop(self, logs: Sequence[OwnedLog], exc: Exception) -> None:
        if isinstance(exc, Fenced):
            lease.lost(logs[0].owner)
        elif not isinstance(exc, NotOwned):
            logger.error("run %s: its end cannot be stored", logs[0].run_id, exc_info=exc)
        for log in logs:
            self._failures.pop(log, None)
            log.abandon()


def _database_is_away(exc: Exception) -> bool:
    """Whether a commit has failed because the database does not answer, whatever was to be committed."""
    if not is_outage(exc):
        return False
    connection.close()
    try:
        lease.beat()
    except Error:
        connection.close()
        return True
    return False


def _last_in_database(log: OwnedLog) -> int:
    """The number of the last event that the database has. (Within the transaction that holds the lease: no
    other is under way.)"""
    last = LogPart.objects.filter(run=log.run_id).last()
    return last.first + len(last.load()) - 1 if last is not None else 0


def _show(log: OwnedLog, number: int) -> None:
    try:
        log.stored(number)
    except Exception:  # it is stored: the other logs must not be written again for this one
        logger.exception("run %s: its readers could not be told", log.run_id)
