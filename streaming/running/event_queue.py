"""A bounded queue of numbered events with one reader: what `stream()` drains."""

import threading
from collections import deque

from streaming.cancellation import Cancelled
from streaming.events import End, Event, number


class EventQueue:
    """Holds up to `size` events; whoever puts one more waits for the reader.

    The `End` never waits: it is put when no other event can follow.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._last_id = 0
        self._sealed = False
        self.finished = False
        """Whether the reader has the `End`."""

    def put(self, event: Event) -> None:
        """Number an event and add it, when there is room. Raises `Cancelled` once sealed."""
        with self._changed:
            self._changed.wait_for(lambda: self._sealed or self._has_room())
            if self._sealed:
                raise Cancelled
            self._append(event)

    def seal(self) -> bool:
        """Refuse events from now on. False if it was sealed before."""
        with self._changed:
            first, self._sealed = not self._sealed, True
            self._changed.notify_all()
            return first

    def end(self, end: End) -> None:
        """Add the last event, room or not."""
        with self._changed:
            self._append(end)

    def get(self, timeout: float | None = None) -> Event | None:
        """The next event; None when there was none for `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._events, timeout):
                return None
            event = self._events.popleft()
            self.finished = isinstance(event, End)
            self._changed.notify_all()
            return event

    def _has_room(self) -> bool:
        return len(self._events) < self._size

    def _append(self, event: Event) -> None:
        self._last_id += 1
        number(event, self._last_id)
        self._events.append(event)
        self._changed.notify_all()
