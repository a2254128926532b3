"""Runs that outlive their readers: start one, follow it, stop it.

A run lives in the process that started it. It goes on when nobody reads, and is kept for a while after
its end, so that a reader who lost the connection can get the rest.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from langchain_core.runnables import Runnable, RunnableConfig

from streaming import admission
from streaming.admission import Busy, Place
from streaming.conf import get_conf
from streaming.event_log import EventLog
from streaming.events import End, Event, Idle, Start, Status
from streaming.steps import StepFilter
from streaming.worker import ThreadWorker

logger = logging.getLogger("streaming")

_KEPT = 200
"""Finished runs kept for late readers."""
_KEPT_SECONDS = 300.0


class Run:
    """One generation, and its numbered log."""

    def __init__(self, run_id: UUID) -> None:
        self.id = run_id
        self.log = EventLog()
        self.worker: ThreadWorker | None = None
        """While it runs. It holds the prompt, and more, which nobody needs afterwards."""
        self.ended_at: float | None = None

    def stop(self) -> None:
        """End it now, and its upstream connection. Idempotent."""
        self.end("stopped")

    def end(self, status: Status) -> None:
        """End it now with another status than a person's."""
        if (worker := self.worker) is not None:
            worker.stop(status)


_lock = threading.Lock()
_runs: OrderedDict[UUID, Run] = OrderedDict()
_draining = threading.Event()


def admit() -> Place:
    """A place for a run. Raises `Busy` when this process has no room, or is about to end."""
    if _draining.is_set():
        raise Busy
    return admission.runs.enter()


def start(
    runnable: Runnable[Any, Any],
    input: Any,
    config: RunnableConfig | None = None,
    *,
    run_id: UUID,
    place: Place,
    wanted: StepFilter | None = None,
    conversation: str | None = None,
    message: str | None = None,
    model: str | None = None,
    before_end: Callable[[End, EventLog], None] | None = None,
) -> Run:
    """Start a run in a place that `admit()` gave. The run leaves it when it ends.

    `before_end` gets the `End` and the log without it, to store the reply, before any reader sees the end.
    """
    run = Run(run_id)

    def finish(end: End) -> None:
        try:
            if before_end is not None:
                before_end(end, run.log)
        finally:  # not sooner: a process that is about to end waits for the places to be left
            run.ended_at = time.monotonic()
            run.worker = None
            place.leave()

    start_event = Start(run=str(run_id), conversation=conversation, message=message, model=model)
    worker = run.worker = ThreadWorker(
        runnable,
        input,
        run.log,
        start=start_event,
        config=config,
        conf=get_conf(),
        wanted=wanted,
        before_end=finish,
    )
    with _lock:
        _forget_old()
        _runs[run_id] = run
    worker.start()
    if _draining.is_set():  # it was admitted before, and registered too late to be seen
        run.end("interrupted")
    return run


def get(run_id: UUID | None) -> Run | None:
    """The run, if this process has it."""
    return _runs.get(run_id) if run_id else None


def follow(run: Run, *, after: int = 0, tick: float | None = None) -> Iterator[Event | Idle]:
    """The run's events after the one numbered `after`: replayed, then live, up to its `End`."""
    return run.log.follow(after=after, tick=tick)


def drain() -> None:
    """This process is about to end: start no more runs, and end those that go on as `interrupted`."""
    _draining.set()
    with _lock:
        going_on = [run for run in _runs.values() if run.ended_at is None]
    for run in going_on:
        try:
            run.end("interrupted")
        except Exception:  # the others have to end all the same
            logger.exception("run %s could not be ended", run.id)


def _forget_old() -> None:
    ended = [run for run in _runs.values() if run.ended_at is not None]
    too_many = ended[: max(0, len(ended) - _KEPT)]
    too_old = [run for run in ended if run.ended_at and run.ended_at < time.monotonic() - _KEPT_SECONDS]
    for run in {*too_many, *too_old}:
        _runs.pop(run.id, None)
