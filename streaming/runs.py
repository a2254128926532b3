"""Runs that outlive their readers and their process: start one, follow it, stop it, from anywhere.

A run is a row and a numbered log in the database. The process that starts it runs it; any process can follow
it and stop it, and if its own dies, another one ends it, or runs it again.
"""

import logging
import time
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection, transaction

from streaming import admission, shared_connection
from streaming.admission import Busy, Place
from streaming.durable.job import Job
from streaming.durable.keeper import keeper
from streaming.durable.owned_runs import OwnedRun, all_owned, interrupted, owned
from streaming.durable.reset import reset
from streaming.log.event_log import EventLog, Following
from streaming.log.lease import lease
from streaming.log.mirror import tail
from streaming.models import Run
from streaming.signals import run_started

__all__ = [
    "Busy",
    "EventLog",
    "Job",
    "Pruned",
    "UnknownRun",
    "admit",
    "drain",
    "follow",
    "interrupt",
    "is_draining",
    "log",
    "look_after",
    "start",
    "stop",
]

logger = logging.getLogger("streaming")


class _Revoked(Busy):
    """This process was taken for dead, or its database was emptied, as between two tests."""


class UnknownRun(LookupError):
    """There is no run of that id."""


class Pruned(LookupError):
    """The run ended long ago, and its events are gone. `last_id` is the number that its last one had."""

    def __init__(self, last_id: int) -> None:
        super().__init__(last_id)
        self.last_id = last_id


def admit() -> Place:
    """Take a place for a run. Raises `Busy` when this process has no room, or is about to end.

    `with runs.admit() as place:` leaves it again if no run was started in it.
    """
    shared_connection.share_in_tests(at_end=reset)
    with admission.runs.enter() as place:
        lease.take()  # in a transaction of the caller's the keeper, which takes one too, would wait for that
        keeper.start()
        place.hand_over()
    return place


def start(
    job: Job,
    *,
    run_id: UUID | None = None,
    place: Place | None = None,
    belongs_to: str = "",
    metadata: dict[str, Any] | None = None,
) -> UUID:
    """Start a run, and return its id. Raises `Busy` when there is no room.

    Within a transaction the run begins with the commit: together with what the caller stores there, or not at
    all. A `place` that `admit()` gave is handed over to the run, which leaves it when it ends. If the
    transaction fails, as it does when this raises, the place is still the caller's. The run's row keeps
    `belongs_to` and `metadata`.
    """
    run = Run(pk=run_id or uuid4(), belongs_to=belongs_to, metadata=metadata or {})
    if place is None:
        with admit() as place:
            _start(job, run, place)
    else:
        _start(job, run, place)
    return run.pk


def _start(job: Job, row: Run, place: Place) -> None:
    held = lease.id
    try:
        _store(job, row, place)
    except _Revoked:
        if connection.in_atomic_block:
            raise
        if held is not None:
            lease.lost(held)
        if lease.id is None and not lease.was_lost:  # it was given up
            raise
        lease.take()
        _store(job, row, place)


def _store(job: Job, row: Run, place: Place) -> None:
    run_id = row.pk
    with transaction.atomic(savepoint=False):
        row.owner = owner = _living_lease()
        row.save(force_insert=True)
        run_started.send(Run, run_id=run_id, job=job)
        run = OwnedRun(job, run_id=run_id, owner=owner, place=place)
        transaction.on_commit(run.begin)
        transaction.on_commit(keeper.attend)  # it may sleep, and would be late for a Stop from elsewhere


def _living_lease() -> UUID:
    """Return the lease, locked until the transaction ends, so that no other process can revoke it meanwhile.

    Raises `_Revoked` if it was: a new one is taken outside of that transaction, by the keeper at the latest.
    """
    held = lease.id
    if held is None or not lease.beat():
        keeper.attend()
        raise _Revoked
    return held


def log(run_id: UUID) -> EventLog:
    """The run's log, to read; wherever it runs. Raises `UnknownRun`, `Pruned`."""
    if (here := owned.get(run_id)) is not None:
        return here.log
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise UnknownRun(run_id)
    found = tail.open(run)
    if run.last_event and found.last_id != run.last_event:
        raise Pruned(run.last_event)
    if not found.ended:
        keeper.start()  # its process may die
    if is_draining():
        found.release()
    return found


def follow(run_id: UUID, *, after: int = 0) -> Following:
    """The run's events after the one numbered `after`: the old ones at once, then as they come, wherever it
    runs. Raises `UnknownRun`, `Pruned`."""
    return log(run_id).follow(after=after)


def stop(run_id: UUID) -> None:
    """End the run, wherever it runs, for a person who has asked for it. Idempotent."""
    if (here := owned.get(run_id)) is not None:
        here.stop()
    Run.objects.request_stop(run_id)  # here as well: if this process dies now, it must not be run again


def look_after() -> None:
    """See to the runs of processes that die, from now on. A process that has started or read a run does."""
    keeper.start()


def drain() -> None:
    """This process is about to end: start no more runs, and send all readers to another. Its runs go on."""
    admission.runs.closed = True
    for run in all_owned():
        run.log.release()
    tail.release()


def is_draining() -> bool:
    """Whether this process is about to end."""
    return admission.runs.closed


def interrupt(*, within: float) -> bool:
    """This process ends now: end its runs as `interrupted`, and wait until that is stored, for so many
    seconds at most. Whether it is; if not, another process will do it."""
    admission.runs.closed = True
    interrupted.set()
    deadline = time.monotonic() + within
    for run in all_owned():
        try:
            run.end("interrupted")
        except Exception:  # the others have to end all the same
            logger.exception("run %s could not be ended", run.id)
    while owned and time.monotonic() < deadline:
        time.sleep(0.01)
    if owned:
        return False
    if (keeping := keeper.stop()) is not None:  # it would take another lease
        keeping.join(max(0.0, deadline - time.monotonic()))
    try:
        lease.give_up()
    except DatabaseError:
        return False
    return True
