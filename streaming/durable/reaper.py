"""Ends the runs of processes that have died, or runs them again if nothing of them was shown yet.

A process counts as dead when its `beat` has not changed for as long as the lease lasts, measured by the clock
of the process that watches: the clocks of several machines need not agree. A process on the same machine is
dead as soon as its pid is gone. Several processes may reap at once: each step is a conditional update, which
succeeds in one process only.
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
"""Seconds between the commit that begins a run and its entry in `owned`, at most: the answer to the commit
may take until the connection times out."""
_PATIENCE = 8.0
"""Seconds for which a run waits for a place here before it is ended."""
_AT_ONCE = 10
"""Runs that one look settles, at most: the keeper's thread also has requests to stop to look for."""


class Reaper:
    """Remembers what this process has seen of the others."""

    def __init__(self) -> None:
        self._seen: dict[UUID, tuple[int, float]] = {}
        """Each process's last beat, and when it was first seen with that value."""
        self._found: dict[UUID, float] = {}
        """When each run without a living owner was found, of those that are not settled yet."""
        self._unknown: dict[UUID, float] = {}
        """Since when each run that the database says is this process's has been missing from `owned`."""
        self.has_more = False
        """Whether runs are left that one look did not settle."""

    def forget(self) -> None:
        """Begin to watch anew: the beats could not be read for a while."""
        self._seen.clear()

    def look(self) -> None:
        """Revoke the leases of processes that have died, and settle their runs."""
        now = time.monotonic()
        dead = set(self._dead(now))
        orphans = [*Run.objects.orphans(), *self._mislaid()]
        for pk in dead & {run.owner for run in orphans}:  # others have left, and nobody had time to say so
            logger.warning("process %s has died: its runs are taken over", pk)
        self._found = {run.pk: self._found.get(run.pk, now) for run in orphans}
        some = random.sample(orphans, min(len(orphans), _AT_ONCE))  # others may settle the first
        settled = [run for run in some if self._try_to_settle(run)]
        self.has_more = bool(settled) and len(orphans) > _AT_ONCE

    def _mislaid(self) -> list[Run]:
        """Return the runs that the database says are this process's, and that it has not been running for a
        while: the answer to the commit that began one may have been lost."""
        if lease.id is None:
            return []
        now, before = time.monotonic(), self._unknown
        unknown = Run.objects.going_on().filter(owner=lease.id).exclude(pk__in=list(owned))
        self._unknown = {run.pk: before.get(run.pk, now) for run in unknown}
        return [run for run in unknown if now - self._unknown[run.pk] > _MISLAID]

    def _dead(self, now: float) -> list[UUID]:
        """Return the processes whose leases this call has revoked."""
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
        """Returns whether the run has an owner or an end now. A failure must not hold up the other runs."""
        try:
            return self._settle(run)
        except Exception as exc:
            if is_outage(exc):  # another process may hold the lock
                logger.warning("run %s could not be taken over yet: %s", run.pk, type(exc).__name__)
            else:
                logger.exception("run %s could not be taken over", run.pk)
            return False

    def _settle(self, run: Run) -> bool:
        """Run the run again, or end it. Returns False to leave it to others while there is no room."""
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
    """Revoke a process's lease. Returns False if it has beaten meanwhile, or another process was first."""
    with transaction.atomic():
        # Locked: a `delete()` on a condition may look first, and delete by the key alone.
        if (found := Process.objects.select_for_update().filter(pk=pk, beat=beat).first()) is None:
            return False
        found.delete()
        return True


def _run_again(run: Run, events: list[Event]) -> bool:
    """Run the run here, unless another process has taken it, or a person has asked to stop it meanwhile.
    Returns False if it cannot be run again. Raises `Busy`."""
    with admission.runs.enter() as place:
        if (job := _job(run.pk)) is None:
            return False
        if (owner := _claim(run)) is not None:
            logger.warning("run %s is run again: its process died before it showed anything", run.pk)
            OwnedRun(job, run_id=run.pk, owner=owner, place=place, events=events).begin()
    return True


def _events_of(run: Run) -> list[Event]:
    """Return the events of a run's log up to the first that cannot be read: a newer version may have written
    it."""
    events: list[Event] = []
    for part in run.parts.all():
        try:
            events += part.load()
        except Exception:
            logger.exception("run %s: its events from %d on cannot be read", run.pk, part.first)
            break
    return events


def _shown(events: list[Event]) -> bool:
    """Whether a reader may have seen any of the reply, or a tool may have been called."""
    return any(not isinstance(event, Start) for event in events)


def _job(run_id: UUID) -> Job | None:
    """Return the run's job, as the RERUN setting's function makes it; None if it cannot be run again."""
    if (path := get_conf().RERUN) is None:
        return None
    make: Callable[[UUID], Job | None] = import_string(path)
    try:
        job = make(run_id)
    except Exception:
        logger.exception("run %s cannot be run again", run_id)
        return None
    # A log from which filters keep tools out does not tell whether a tool was called.
    return job if job is None or job.shows_tools else None


def _claim(run: Run) -> UUID | None:
    """Make the run this process's. Returns the lease that owns it now; None if another process was first."""
    owner = lease.take()  # before the transaction: another thread may take it, and wait for the same lock
    with transaction.atomic():
        mine = lease.beat() and Run.objects.going_on().filter(
            pk=run.pk, owner=run.owner, stop_requested=None
        ).update(owner=owner, attempt=F("attempt") + 1)
    return owner if mine else None


def _end(run: Run, events: list[Event], status: Status) -> None:
    """End the run with the text that its log has, unless another process has ended it."""
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
            why = "it never began here" if run.owner == lease.id else "its process died"
            logger.warning("run %s has ended, because %s: %s", run.pk, why, end.status)
