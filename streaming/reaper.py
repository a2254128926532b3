"""Ends the runs of processes that have died, or runs them again where nobody has seen anything yet.

A process is dead when another one has watched its `beat` stand still for as long as the lease lasts, by its
own clock: clocks of several machines need not agree. One on the same machine is dead as soon as it is gone.
Several processes may reap at once: each step is an update on a condition, and only one of them meets it.
"""

import logging
import time
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from streaming import admission, wakeups
from streaming.admission import Busy, Place
from streaming.conf import get_conf
from streaming.events import End, Event, Start, Status, number
from streaming.jobs import Job
from streaming.lease import lease
from streaming.models import LogPart, Process, Run
from streaming.owned_runs import OwnedRun, owned
from streaming.pid_space import has_gone

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("streaming")

_ATTEMPTS = 2
"""A run that killed two processes is not given to a third."""
_MISLAID = 4.0
"""Seconds between the commit that begins a run and its being known, at the very most."""
_PATIENCE = 8.0
"""Seconds for which a run waits for room before it is given up."""


class Reaper:
    """What this process has seen of the others."""

    def __init__(self) -> None:
        self._seen: dict[UUID, tuple[int, float]] = {}
        """When the beat of each process was first seen where it is."""
        self._found: dict[UUID, float] = {}
        """When each orphan was found that could not be run again yet."""
        self._unknown: dict[UUID, float] = {}
        """Since when this process does not know a run that is its own."""

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
        for run in orphans:
            try:
                self._see_to(run)
            except (OperationalError, InterfaceError):
                raise
            except Exception:  # the others must not wait for it
                logger.exception("run %s could not be taken over", run.pk)

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
            # The beat again: it may have come to life meanwhile.
            if (silent or has_gone(other.pid, other.pid_space)) and Process.objects.filter(
                pk=other.pk, beat=beat
            ).delete()[0]:
                dead.append(other.pk)
        return dead

    def _see_to(self, run: Run) -> None:
        events = _events_of(run)
        again = not run.stop_requested and run.attempt < _ATTEMPTS and not _shown(events)
        if not (again and self._run_again(run, events)):
            _end(run, events, "stopped" if run.stop_requested else "interrupted")

    def _run_again(self, run: Run, events: list[Event]) -> bool:
        """Run it here, or leave it to others while there is no room. False if that cannot be."""
        try:
            place = admission.runs.enter()
        except Busy:
            return time.monotonic() - self._found[run.pk] < _PATIENCE
        try:
            job = _job(run.pk)
            if job is not None:
                _claim(run, job, events, place)
        except BaseException:
            place.leave()
            raise
        if job is None:
            place.leave()
        return job is not None


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
        return make(run_id)
    except Exception:
        logger.exception("run %s cannot be run again", run_id)
        return None


def _claim(run: Run, job: Job, events: list[Event], place: Place) -> None:
    """Take the run and run it, unless another process did."""
    owner = lease.take()  # before the transaction: another thread may be at it, and wait for the same lock
    with transaction.atomic():
        mine = lease.beat() and Run.objects.going_on().filter(pk=run.pk, owner=run.owner).update(
            owner=owner, attempt=F("attempt") + 1
        )
    if not mine:
        place.leave()
        return
    logger.warning("run %s is run again: its process died before it showed anything", run.pk)
    OwnedRun(job, run_id=run.pk, owner=owner, place=place, events=events).begin()


def _end(run: Run, events: list[Event], status: Status) -> None:
    """End the run, with the text that there is; unless another process did."""
    last = run.parts.last()
    end = End(status=status)
    number(end, max(len(events), last.first if last else 0) + 1)
    try:
        _store_end(run, events, end, announce=True)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("run %s: what comes of its end cannot be stored", run.pk)
        _store_end(run, events, end, announce=False)
    wakeups.publish([run.pk])


def _store_end(run: Run, events: list[Event], end: End, *, announce: bool) -> None:
    with transaction.atomic():
        if run.finish(end, [*events, end], announce=announce):
            LogPart.of(run.pk, [end]).save(force_insert=True)
            logger.warning("run %s has ended, because its process died: %s", run.pk, end.status)
