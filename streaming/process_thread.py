"""Threads of which each process has one."""

import threading
from collections.abc import Callable


class _Thread(threading.Thread):
    """One that a `ProcessThread` has started."""


def in_process_thread() -> bool:
    """Whether this is called in a thread that works for all of the process."""
    return isinstance(threading.current_thread(), _Thread)


class ProcessThread:
    """Does `work` in a daemon thread, from the first `start` on.

    A forked process has no threads of its parent's: there the next `start` starts its own. Whoever calls
    `start` and `dismiss` holds a lock.
    """

    def __init__(self, work: Callable[[], object], *, name: str) -> None:
        self._work = work
        self._name = name
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread unless it runs. Raises RuntimeError if the system has no thread left."""
        if not self.runs:
            self._thread = _Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def dismiss(self) -> threading.Thread | None:
        """Count on the thread no longer: it is about to end, and the next `start` starts another. Returns it,
        for whoever waits for that."""
        dismissed, self._thread = self._thread, None
        return dismissed

    @property
    def runs(self) -> bool:
        """Whether the thread is there to do its work."""
        thread = self._thread  # `dismiss` may come meanwhile
        return thread is not None and thread.is_alive()

    @property
    def is_current(self) -> bool:
        """Whether this is called in the thread, and it was not dismissed."""
        return self._thread is threading.current_thread()
