"""A run's numbered events, kept, so that any number of readers can follow them at their own pace."""

import threading
from collections.abc import Iterator
from functools import partial

from streaming.cancellation import Cancelled
from streaming.events import IDLE, End, Event, Idle, Token, number


class EventLog:
    """Append-only. The run never waits for readers: what it may write is bounded by the run's limits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._sealed = False

    def put(self, event: Event) -> None:
        """Number an event and add it. Raises `Cancelled` once sealed."""
        with self._changed:
            if self._sealed:
                raise Cancelled
            self._append(event)

    def seal(self) -> bool:
        """Refuse events from now on. False if it was sealed before."""
        with self._changed:
            first, self._sealed = not self._sealed, True
            return first

    def end(self, end: End) -> None:
        """Add the last event."""
        with self._changed:
            self._append(end)

    def follow(self, *, after: int = 0, tick: float | None = None) -> Iterator[Event | Idle]:
        """The events after the one numbered `after`, the old ones at once, then as they come; the `End`
        is the last. With `tick`, an `IDLE` whenever nothing has come for so many seconds."""
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, after), tick)
                events = self._events[after:]
                over = self.ended
            yield from events or (() if over else (IDLE,))
            if over:
                return
            after += len(events)

    @property
    def ended(self) -> bool:
        """Whether the last event is there."""
        return bool(self._events) and isinstance(self._events[-1], End)

    @property
    def last_id(self) -> int:
        """The number of the newest event."""
        return len(self._events)

    def events(self, *, up_to: int | None = None) -> list[Event]:
        """The events up to the one of that number; all of them if it is not given."""
        with self._changed:
            return self._events[:up_to]

    def text(self, *, up_to: int | None = None) -> str:
        """The reply's text in those events."""
        return "".join(event.text for event in self.events(up_to=up_to) if isinstance(event, Token))

    def _has_news(self, after: int) -> bool:
        return len(self._events) > after or self.ended

    def _append(self, event: Event) -> None:
        number(event, len(self._events) + 1)
        self._events.append(event)
        self._changed.notify_all()
