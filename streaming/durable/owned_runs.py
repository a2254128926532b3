"""The runs of this process: their workers, their logs, and the places that they take."""

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
    """A run while this process runs it: from its row in the database to its `End` in there."""

    def __init__(
        self, job: Job, *, run_id: UUID, owner: UUID, place: Place, events: Sequence[Event] = ()
    ) -> None:
        self.id = run_id
        self.log = OwnedLog(run_id, owner=owner, events=events, on_added=log_writer.wake, on_over=self._over)
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
        """Run it, in a thread of its own; once. Its place is its own from now on."""
        self._place.hand_over()
        with _lock:
            first = owned.setdefault(self.id, self) is self
        if not first:  # the reaper had found it mislaid, and has begun it
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
        """End it now, and its upstream connections: a person asked for it so many seconds ago. Idempotent."""
        self.log.stop_requested(ago=ago)
        self._worker.stop()

    def end(self, status: Status) -> None:
        """End it now with another status than a person's."""
        self._worker.stop(status)

    def abandon(self) -> None:
        """It is somebody else's now: end what goes on here, and write nothing of it."""
        self.log.abandon()

    def _over(self) -> None:
        """In the log writer's thread, as a rule."""
        with _lock:
            owned.pop(self.id, None)
        self._place.leave()
        if not self.log.ended or self.log.failed:
            self._worker.abandon()


_lock = threading.Lock()
owned: dict[UUID, OwnedRun] = {}
"""All of this process's runs, until their ends are stored."""
interrupted = threading.Event()
"""Set when all of them are ended because the process ends: one that was admitted before, and begins now, is
too late to be among them."""


def all_owned() -> list[OwnedRun]:
    """Those of now; others may come and go meanwhile."""
    with _lock:
        return list(owned.values())
