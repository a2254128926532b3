"""Ends the runs of processes that have died, or runs them again where nobody has seen anything yet.

A process is dead when another one has watched its `beat` stand still for as long as the lease lasts, by its
own clock: clocks of several machines need not agree. One on the same machine is dead as soon as it is gone.
Several processes may reap at once: each step is an update on a condition, and only one of them meets it.
"""

import logging
import random
import time
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from streaming import admission
from streaming.admission import Busy
from streaming.conf import get_conf
from streaming.durable.job import Job
from streaming.durable.owned_runs import OwnedRun, owned
from streaming.events import End, Event, Start, Status, number
from streaming.log import wakeups
from streaming.log.lease import lease
from streaming.log.pid_space import has_gone
from streaming.models import LogPart, Process, Run
from streaming.outages import is_outage

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("streaming")

_ATTEMPTS = 2
"""A run that killed two processes is not given to a third."""
_MISLAID = 15.0
"""Seconds between the commit that begins a run and its being known, at the very most: the answer to a commit
may be on its way until the connection is given up."""
_PATIENCE = 8.0
"""Seconds for which a run waits for room before it is given up."""
_AT_ONCE = 10
"""Runs that are seen to in one look: whoever looks has more to do, and those who want to stop a run wait."""


class Reaper:
    """What this process has seen of the others."""

    def __init__(self) -> None:
        self._seen: dict[UUID, tuple[int, float]] = {}
        """When the beat of each process was first seen where it is."""
        self._found: dict[UUID, float] = {}
        """When each orphan was found that could not be run again yet."""
        self._unknown: dict[UUID, float] = {}
        """Since when this process does not know a run that is its own."""
        self.has_more = False
        """Whether there is more to see to than one look did."""

    def forget(self) -> None:
        """Begin to watch anew: for a while nobody could be seen."""
        self._seen.clear()

    def look(self) -> None:
        """Take the lease from processes that have died, and see to their runs."""
        now = time.monotonic()
        for pk in self._dead(now):
            logger.warning("process %s has died: its runs are taken over", pk)
        orphans = [*Run.objects.orphans(), *self._mislaid()]
        self._found = {run.pk: self._found.get(run.pk, now) for run in orphans}
        some = random.sample(orphans, min(len(orphans), _AT_ONCE))  # others may be at the first ones
        settled = [run for run in some if self._try_to_settle(run)]
        self.has_more = bool(settled) and len(orphans) > _AT_ONCE

    def _mislaid(self) -> list[Run]:
        """Runs that are this process's own, and that it has not been running for a while: the answer to the
        commit that began one was lost, say."""
        if lease.id is None:
            return []
        now, before = time.monotonic(), self._unknown
        unknown = Run.objects.going_on().filter(owner=lease.id).exclude(pk__in=list(owned))
        self._unknown = {run.pk: before.get(run.pk, now) for run in unknown}
        return [run for run in unknown if now - self._unknown[run.pk] > _MISLAID]

    def _dead(self, now: float) -> list[UUID]:
        """Those that this process has just declared dead."""
        seen, self._seen = self._seen, {}
        dead = []
        for other in Process.objects.exclude(pk__in=[lease.id] if lease.id else []):
            beat, since = seen.get(other.pk, (other.beat, now))
            self._seen[other.pk] = beat, since = (beat, since) if beat == other.beat else (other.beat, now)
            silent = now - since >= get_conf().LEASE
            if (silent or has_gone(other.pid, other.pid_space)) and _fence(other.pk, beat):
                dead.append(other.pk)
        return dead

    def _try_to_settle(self, run: Run) -> bool:
        """Whether the run has an owner or an end now. What one fails with must not hold up the others."""
        try:
            return self._settle(run)
        except Exception as exc:
            if is_outage(exc):  # somebody else is at it, say
                logger.warning("run %s could not be taken over yet: %s", run.pk, type(exc).__name__)
            else:
                logger.exception("run %s could not be taken over", run.pk)
            return False

    def _settle(self, run: Run) -> bool:
        """Run it again, end it, or (False) leave it to others while there is no room."""
        events = _events_of(run)
        if not run.stop_requested and run.attempt < _ATTEMPTS and not _shown(events):
            try:
                if _run_again(run, events):
                    return True
            except Busy:
                if time.monotonic() - self._found[run.pk] < _PATIENCE:
                    return False
        _end(run, events, "stopped" if run.stop_requested else "interrupted")
        return True


def _fence(pk: UUID, beat: int) -> bool:
    """Take the lease from a process, unless it has come to life meanwhile, or another was first."""
    with transaction.atomic():
        # Locked: a `delete()` on a condition may look first, and delete by the key alone.
        if (found := Process.objects.select_for_update().filter(pk=pk, beat=beat).first()) is None:
            return False
        found.delete()
        return True


def _run_again(run: Run, events: list[Event]) -> bool:
    """Run it here, unless another process does, or a person has asked to stop it just now. False if it cannot
    be run again. Raises `Busy`."""
    with admission.runs.enter() as place:
        if (job := _job(run.pk)) is None:
            return False
        if (owner := _claim(run)) is not None:
            logger.warning("run %s is run again: its process died before it showed anything", run.pk)
            OwnedRun(job, run_id=run.pk, owner=owner, place=place, events=events).begin()
    return True


def _events_of(run: Run) -> list[Event]:
    """What its log has, as far as that can be read: a newer version may have written it."""
    events: list[Event] = []
    for part in run.parts.all():
        try:
            events += part.load()
        except Exception:
            logger.exception("run %s: its events from %d on cannot be read", run.pk, part.first)
            break
    return events


def _shown(events: list[Event]) -> bool:
    """Whether anybody may have seen anything of the reply; or a tool may have been called."""
    return any(not isinstance(event, Start) for event in events)


def _job(run_id: UUID) -> Job | None:
    """What the run was to do, if that can be found out."""
    if (path := get_conf().RERUN) is None:
        return None
    make: Callable[[UUID], Job | None] = import_string(path)
    try:
        job = make(run_id)
    except Exception:
        logger.exception("run %s cannot be run again", run_id)
        return None
    # What readers are not shown is not in the log: then it does not tell whether a tool has acted.
    return job if job is None or job.shows_tools else None


def _claim(run: Run) -> UUID | None:
    """Take the run. The lease under which it is this process's now; None if another process was first."""
    owner = lease.take()  # before the transaction: another thread may be at it, and wait for the same lock
    with transaction.atomic():
        mine = lease.beat() and Run.objects.going_on().filter(
            pk=run.pk, owner=run.owner, stop_requested=None
        ).update(owner=owner, attempt=F("attempt") + 1)
    return owner if mine else None


def _end(run: Run, events: list[Event], status: Status) -> None:
    """End the run, with the text that there is; unless another process did."""
    last = run.parts.last()
    end = End(status=status)
    number(end, max(len(events), last.first if last else 0) + 1)
    try:
        _store_end(run, events, end, announce=True)
    except Exception as exc:
        if is_outage(exc):
            raise
        logger.exception("run %s: what comes of its end cannot be stored", run.pk)
        _store_end(run, events, end, announce=False)
    wakeups.publish([run.pk])


def _store_end(run: Run, events: list[Event], end: End, *, announce: bool) -> None:
    with transaction.atomic():
        if run.end(end, [*events, end], announce=announce):
            LogPart.of(run.pk, [end]).save(force_insert=True)
            logger.warning("run %s has ended, because its process died: %s", run.pk, end.status)
