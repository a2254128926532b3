"""Events that come several at a time, given out one by one."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence

from streaming.events import Event, Idle


class Batches(Iterator[Event | Idle]):
    """Flattens batches. Whoever sends the events on can tell whether to wait for another one."""

    def __init__(self, batches: Generator[Sequence[Event | Idle], None, None]) -> None:
        self._batches = batches
        self._waiting: deque[Event | Idle] = deque()

    @property
    def has_more(self) -> bool:
        """Whether the next event is there: to take it does not wait."""
        return bool(self._waiting)

    def __next__(self) -> Event | Idle:
        while not self._waiting:
            self._waiting.extend(next(self._batches))
        return self._waiting.popleft()

    def close(self) -> None:
        """Close the generator of the batches."""
        self._waiting.clear()
        self._batches.close()
