"""The queue of those who want to write: one at a time goes on, in the order in which they came.

The threads that work for the whole process (they store what all replies have written, and show that the
process lives) go before the others. They are few, and pause between two turns: nobody is held up by them.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from streaming.process_thread import in_process_thread

_patience: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within this block whoever writes waits for a turn so long at most. (Other databases have no queue.)"""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


def patience_or(usual: float) -> float:
    """Seconds that one waits for a turn here."""
    chosen = _patience.get()
    return usual if chosen is None else chosen


class Queue:
    """Who may write, and who waits for it: threads, or greenlets where gevent has put them in their place."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._taken = False
        self._first: deque[threading.Event] = deque()
        self._others: deque[threading.Event] = deque()

    def enter(self, *, patience: float) -> bool:
        """Wait for a turn, for so many seconds at most. Whoever gets one has to `leave`."""
        line = self._first if in_process_thread() else self._others
        with self._changing:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Event()
            line.append(turn)
        try:
            turn.wait(patience)
        except BaseException:  # the thread is told to end
            if self._came(turn, line):
                self.leave()
            raise
        return self._came(turn, line)

    def leave(self) -> None:
        """Give the turn to the next."""
        with self._changing:
            if line := self._first or self._others:
                line.popleft().set()
            else:
                self._taken = False

    def _came(self, turn: threading.Event, line: deque[threading.Event]) -> bool:
        """Whether the turn has come. If not, nobody waits for it any more."""
        with self._changing:
            if not turn.is_set():
                line.remove(turn)
            return turn.is_set()
