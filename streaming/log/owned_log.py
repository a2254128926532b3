"""The log of a run that this process runs: what it says is seen once the database has it."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from streaming import errors
from streaming.cancellation import Cancelled
from streaming.events import End, Event, Start, ToolStart
from streaming.log.event_log import EventLog
from streaming.log.log_writer import log_writer

_MOST_MS = 2_147_483_647
"""What the column holds."""


class OwnedLog(EventLog):
    """Events wait here until the process's log writer has committed them.

    `on_over` is called once: when the `End` is in the database, or the run is this process's no longer.
    """

    def __init__(
        self, run_id: UUID, *, owner: UUID, events: Sequence[Event] = (), on_over: Callable[[], None]
    ) -> None:
        super().__init__()
        self.run_id = run_id
        self.owner = owner
        """The lease under which this process owns the run."""
        self._events = list(events)
        self._shown = len(self._events)
        self._on_over = on_over
        self._over = False
        self.refusals = 0
        """How often in a row the database has taken everything but this."""
        self.unsure = False
        """Whether the database may have more of it than this process knows."""
        self.failed = False
        """Whether it was ended because something could not be stored."""
        self._stopped_at: float | None = None
        self.stopped_after_ms: int | None = None
        """How long it took to stop the run, once a person has."""

    def put(self, event: Event) -> None:
        if isinstance(event, Start) and self._events:
            return  # a second attempt: readers know that it has started
        super().put(event)
        if isinstance(event, ToolStart):
            self._wait_until_stored(event)

    def _wait_until_stored(self, event: Event) -> None:
        """A tool may do what must not be done twice, so its run must not be run again: not even if the
        process dies now."""
        with self._changed:
            self._changed.wait_for(lambda: self._shown >= event.id or self._sealed)
        if self._shown < event.id:
            raise Cancelled

    def stop_requested(self, *, ago: float = 0.0) -> None:
        """A person asked to stop the run, so many seconds ago."""
        self._stopped_at = time.monotonic() - ago

    def end(self, end: End) -> None:
        if end.status == "stopped" and self._stopped_at is not None:
            took = round((time.monotonic() - self._stopped_at) * 1000)
            self.stopped_after_ms = min(took, _MOST_MS)  # another machine's clock may have jumped
        with self._changed:
            if self.failed:
                return  # the log writer was first
            self._append(end)
        self._added()

    # For the log writer

    def waiting(self, *, known: int = 0) -> list[Event]:
        """The events that the database does not have yet, as far as this process knows; or of those after
        the one numbered `known`."""
        with self._changed:
            return self._events[max(self._shown, known) :]

    def all_up_to(self, last: Event) -> list[Event]:
        """All events up to that one, seen or not."""
        with self._changed:
            return self._events[: last.id]

    def stored(self, number: int) -> None:
        """The database has the events up to this one."""
        self.refusals, self.unsure = 0, False
        self._show(number)
        if self.ended:
            self._finish()

    def fail(self, known: int) -> None:
        """The database has so many events, and does not take the others: forget those, and end the run as
        failed; unless its end is among what the database has."""
        with self._changed:
            self._sealed = True
            del self._events[max(known, self._shown) :]
            if not (self._events and isinstance(self._events[-1], End)):
                self.failed = True
                self._append(End(status="failed", error=errors.INTERNAL))
            self._changed.notify_all()

    def abandon(self) -> None:
        """The run is somebody else's now, or nobody's: write no more of it. Readers find out there."""
        self.seal()
        self.release()
        self._finish()

    def _added(self) -> None:
        log_writer.wake(self)

    def _finish(self) -> None:
        with self._changed:
            first, self._over = not self._over, True
        if first:
            self._on_over()
