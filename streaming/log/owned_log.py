"""The log of a run that this process runs: what it says is seen once the database has it."""

import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from streaming import errors
from streaming.cancellation import Cancelled
from streaming.events import End, Event, Reasoning, Start, Token, ToolStart
from streaming.log.event_log import EventLog

_MOST_MS = 2_147_483_647
"""What the column holds."""


class OwnedLog(EventLog):
    """Events wait here until the log writer, which `on_added` wakes, has committed them.

    `on_over` is called once: when the `End` is in the database, or the run is this process's no longer.
    """

    def __init__(
        self,
        run_id: UUID,
        *,
        owner: UUID,
        events: Sequence[Event] = (),
        on_added: Callable[["OwnedLog"], object],
        on_over: Callable[[], object],
        given: int = 0,
    ) -> None:
        super().__init__(events)
        self.run_id = run_id
        self.owner = owner
        """The lease under which this process owns the run."""
        self._on_added = on_added
        self._on_over = on_over
        self._lock = threading.Lock()
        self._over = False
        self.failed = False
        """Whether it was ended because something could not be stored."""
        self._stopped_at: float | None = None
        self.stopped_after_ms: int | None = None
        """How long it took to stop the run, once a person has."""
        self._given = given
        """Texts that come first and that no model writes."""
        self._begun = time.monotonic()
        self.first_token_ms: int | None = None
        """How long it took until the model said something: a piece of its text, or of its reasoning."""
        self.took_ms: int | None = None
        """How long the run took in this process, once it has ended."""

    def put(self, event: Event) -> None:
        if isinstance(event, Start) and self.has(1):
            return  # a second attempt: readers know that it has started
        super().put(event)
        if self.first_token_ms is None and isinstance(event, Token | Reasoning):
            self._time_first_token()
        # A tool may do what must not be done twice: once its call is stored the run is not run again, even if
        # the process dies now.
        if isinstance(event, ToolStart) and not self.wait_until_shown(event):
            raise Cancelled

    def stop_requested(self, *, ago: float = 0.0) -> None:
        """A person asked to stop the run, so many seconds ago."""
        self._stopped_at = time.monotonic() - ago

    def end(self, end: End) -> None:
        if end.status == "stopped" and self._stopped_at is not None:
            took = round((time.monotonic() - self._stopped_at) * 1000)
            self.stopped_after_ms = min(took, _MOST_MS)  # another machine's clock may have jumped
        self.took_ms = self._since_begun()
        super().end(end)

    # For the log writer

    def stored(self, number: int) -> None:
        """The database has the events up to this one."""
        self.show(number)
        if self.ended:
            self._call_on_over()

    def fail(self, known: int) -> None:
        """The database has so many events, and does not take the others: forget those, and end the run as
        failed; unless its end is among what the database has."""
        if self.end_after(known, End(status="failed", error=errors.INTERNAL)):
            self.failed = True

    def abandon(self) -> None:
        """Write no more: another process owns the run, or none does. Readers are sent to the database."""
        self.seal()
        self.release()
        self._call_on_over()

    def _added(self) -> None:
        self._on_added(self)

    def _time_first_token(self) -> None:
        if self._given:
            self._given -= 1
        else:
            self.first_token_ms = self._since_begun()

    def _since_begun(self) -> int:
        return min(round((time.monotonic() - self._begun) * 1000), _MOST_MS)

    def _call_on_over(self) -> None:
        with self._lock:
            first, self._over = not self._over, True
        if first:
            self._on_over()
