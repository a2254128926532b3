"""The runs of this process: each with its worker, its log, and its place."""

import threading
from collections.abc import Sequence
from uuid import UUID

from streaming import admission
from streaming.admission import Place
from streaming.conf import get_conf
from streaming.durable.job import Job
from streaming.events import Event, Start, Status
from streaming.log.log_writer import log_writer
from streaming.log.owned_log import OwnedLog
from streaming.running.thread_worker import ThreadWorker


class OwnedRun:
    """A run while this process runs it: from the commit of its row to the commit of its `End`."""

    def __init__(
        self, job: Job, *, run_id: UUID, owner: UUID, place: Place, events: Sequence[Event] = ()
    ) -> None:
        self.id = run_id
        self.log = OwnedLog(
            run_id,
            owner=owner,
            events=events,
            on_added=log_writer.wake,
            on_over=self._over,
            given=1 if job.prefix else 0,
        )
        self._place = place
        self._worker = ThreadWorker(
            job.runnable,
            job.input,
            self.log,
            start=Start(run=str(run_id), conversation=job.conversation, message=job.message, model=job.model),
            prefix=job.prefix,
            config=job.config,
            conf=get_conf(),
            wanted=job.wanted,
        )

    def begin(self) -> None:
        """Start the worker's thread, once. The run leaves its place itself from now on."""
        self._place.hand_over()
        with _lock:
            first = owned.setdefault(self.id, self) is self
        if not first:  # the reaper took it for mislaid, and has begun it
            self._place.leave()
            return
        try:
            self._worker.start()
        except RuntimeError:  # no more threads
            self.end("interrupted")
            raise
        if interrupted.is_set():
            self.end("interrupted")
        if admission.runs.closed:
            self.log.release()

    def stop(self, *, ago: float = 0.0) -> None:
        """End the run and its upstream connections: a person asked for it `ago` seconds ago. Idempotent."""
        self.log.stop_requested(ago=ago)
        self._worker.stop()

    def end(self, status: Status) -> None:
        """End the run with a status other than `stopped`."""
        self._worker.stop(status)

    def abandon(self) -> None:
        """End the worker and write nothing more: another process owns the run now."""
        self.log.abandon()

    def join(self, within: float) -> None:
        """Wait until the worker's thread has ended, for so many seconds at most."""
        self._worker.join(within)

    def _over(self) -> None:
        """Forget the run: its log is over. Called in the log writer's thread, as a rule."""
        with _lock:
            owned.pop(self.id, None)
        self._place.leave()
        if not self.log.ended or self.log.failed:
            self._worker.abandon()


_lock = threading.Lock()
owned: dict[UUID, OwnedRun] = {}
"""This process's runs by their ids, each until its end is stored."""
interrupted = threading.Event()
"""Set once all runs are ended because the process ends. A run that was admitted before and begins afterwards
ends at once."""


def all_owned() -> list[OwnedRun]:
    """Return the runs of this moment. Others may begin and end meanwhile."""
    with _lock:
        return list(owned.values())
