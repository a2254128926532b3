"""A run's numbered events, kept, so that any number of readers can follow them at their own pace."""

import threading
from collections.abc import Iterator
from functools import partial

from streaming.cancellation import Cancelled
from streaming.events import IDLE, End, Event, Idle, Token, number


class EventLog:
    """Append-only. The run never waits for readers: what it may write is bounded by the run's limits.

    Here, in memory, an event can be seen at once. Where a database holds the truth (`OwnedLog`, `Mirror`)
    it can be seen as soon as that has it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._shown = 0
        """So many of them can be seen."""
        self._sealed = False
        self._released = False

    def put(self, event: Event) -> None:
        """Number an event and add it. Raises `Cancelled` once sealed."""
        with self._changed:
            if self._sealed:
                raise Cancelled
            self._append(event)
        self._added()

    def seal(self) -> bool:
        """Refuse events from now on. False if it was sealed before."""
        with self._changed:
            first, self._sealed = not self._sealed, True
            self._changed.notify_all()
            return first

    def end(self, end: End) -> None:
        """Add the last event."""
        with self._changed:
            self._append(end)
        self._added()

    def follow(self, *, after: int = 0, tick: float | None = None) -> Iterator[Event | Idle]:
        """The events after the one numbered `after`, the old ones at once, then as they come; the `End`
        is the last, unless the reader is sent to read on elsewhere. With `tick`, an `IDLE` whenever
        nothing has come for so many seconds."""
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, after), tick)
                events = self._events[after : self._shown]
                over = self.ended or self._released
            yield from events or (() if over else (IDLE,))
            if over:
                return
            after += len(events)

    def release(self) -> None:
        """Send all readers away without an `End`: they read on in another process, or find it there."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether the last event can be seen."""
        return bool(self._shown) and isinstance(self._events[self._shown - 1], End)

    @property
    def last_id(self) -> int:
        """The number of the newest event that can be seen."""
        return self._shown

    def has(self, number: int) -> bool:
        """Whether somebody can have seen the event of that number: in another process, before it can be seen
        here."""
        return number <= len(self._events)

    def events(self, *, up_to: int | None = None) -> list[Event]:
        """The events up to the one of that number, which somebody has seen; all that can be seen if it is
        not given."""
        with self._changed:
            return self._events[: self._shown if up_to is None else up_to]

    def text(self, *, up_to: int | None = None) -> str:
        """The reply's text in those events."""
        return "".join(event.text for event in self.events(up_to=up_to) if isinstance(event, Token))

    def _has_news(self, after: int) -> bool:
        return self._shown > after or self.ended or self._released

    def _append(self, event: Event) -> None:
        """Called with the lock held."""
        number(event, len(self._events) + 1)
        self._events.append(event)

    def _added(self) -> None:
        """There is something that cannot be seen yet."""
        self._show(len(self._events))

    def _show(self, number: int) -> None:
        with self._changed:
            self._shown = max(self._shown, number)
            self._changed.notify_all()
