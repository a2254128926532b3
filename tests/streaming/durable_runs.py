"""Durable runs in the process of the tests, with threads and a database of their own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from langchain_core.runnables import Runnable

from streaming import admission, runs
from streaming.admission import Admission
from streaming.durable.owned_runs import interrupted
from streaming.events import End, Event, Idle
from streaming.models import LogPart, Process, Run
from streaming.runs import Job
from streaming.signals import run_ended
from tests.waiting import wait_until


@contextmanager
def a_process() -> Iterator[None]:
    """A process in which nothing runs yet, nor holds the lease of what ran; what the test leaves is ended."""
    limit = Admission.server_limit
    _end()
    try:
        yield
    finally:
        _end()
        Admission.server_limit = limit
        wait_until(lambda: admission.runs.count == 0)


def _end() -> None:
    runs.interrupt(within=5)
    admission.runs.closed = False
    interrupted.clear()


def start(runnable: Runnable[Any, Any], **options: Any) -> UUID:
    """Start a run; its id."""
    run_id: UUID = options.pop("run_id", None) or uuid4()
    runs.start(Job(runnable=runnable, input="Hi", **options), run_id=run_id, place=runs.admit())
    return run_id


def read(run_id: UUID, *, after: int = 0) -> list[Event | Idle]:
    """All events that the run gives out, up to its end."""
    return list(runs.log(run_id).follow(after=after))


def end_of(run_id: UUID) -> End:
    *_, end = read(run_id)
    assert isinstance(end, End)
    return end


def stored(run_id: UUID) -> list[Event]:
    """The events that the database has."""
    return [event for part in LogPart.objects.filter(run=run_id) for event in part.load()]


def dead_process(**values: Any) -> Process:
    """A process on another machine that has stopped beating."""
    return Process.objects.create(host="elsewhere", pid=1, **values)


def orphan(*events: Event, **values: Any) -> Run:
    """A run that such a process has left behind, with those events in its log."""
    run = Run.objects.create(**{"pk": uuid4(), "owner": uuid4(), **values})
    if events:
        LogPart.of(run.pk, events).save()
    return run


@contextmanager
def told_of_ends(
    receiver: Callable[..., None] | None = None,
) -> Iterator[list[tuple[UUID, End, list[Event]]]]:
    """What `run_ended` says meanwhile; or another receiver of it."""
    told: list[tuple[UUID, End, list[Event]]] = []

    def take(run_id: UUID, end: End, events: list[Event], **kwargs: Any) -> None:
        told.append((run_id, end, events))

    run_ended.connect(receiver or take)
    try:
        yield told
    finally:
        run_ended.disconnect(receiver or take)


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    """Another thread, which lets its database connection go."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
