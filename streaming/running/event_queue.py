"""Queues a run's events for one reader, with a bound: what `stream()` drains."""

from collections import deque

from streaming.events import End, Event, number
from streaming.log.sink import Sink


class EventQueue(Sink):
    """Holds up to `size` events; a thread that puts one more waits for the reader. The `End` never waits."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._events: deque[Event] = deque()
        self._last_id = 0
        self.ended = False
        """Whether the reader has the `End`."""

    def get(self, timeout: float | None = None) -> Event | None:
        """Return the next event; None when there was none for `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._events, timeout):
                return None
            event = self._events.popleft()
            self.ended = isinstance(event, End)
            self._changed.notify_all()
            return event

    def get_all(self, timeout: float | None = None) -> list[Event]:
        """Return all events that are there; none when there were none for `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._events, timeout)
            events = list(self._events)
            self._events.clear()
            self.ended = bool(events) and isinstance(events[-1], End)
            self._changed.notify_all()
            return events

    def _has_room(self) -> bool:
        return len(self._events) < self._size

    def _append(self, event: Event) -> None:
        self._last_id += 1
        number(event, self._last_id)
        self._events.append(event)
        self._changed.notify_all()
