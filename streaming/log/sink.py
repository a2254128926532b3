"""Numbers a run's events as they come, until a thread seals it to end the run."""

import threading
from abc import ABC, abstractmethod

from streaming.cancellation import Cancelled
from streaming.events import End, Event


class Sink(ABC):
    """Takes a run's events from any thread. What readers see of them is the subclass's business.

    Whoever seals it first ends the run: no event can follow, but for the `End`.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        """Guards the events, and wakes those who wait for a change."""
        self._sealed = False

    def put(self, event: Event) -> None:
        """Number an event and add it, when there is room. Raises `Cancelled` once sealed."""
        with self._changed:
            while not (self._has_room() or self._sealed):
                self._changed.wait()
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
        """Add the last event, room or not. Only for the thread that has sealed it."""
        with self._changed:
            self._append(end)
        self._added()

    @abstractmethod
    def _append(self, event: Event) -> None:
        """Number the event, and add it. Called with the lock held."""

    def _has_room(self) -> bool:
        """Whether another event may be added now. Called with the lock held."""
        return True

    def _added(self) -> None:  # noqa: B027 - not every sink has something to do
        """An event was added. Called without the lock."""
