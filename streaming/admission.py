"""Is there room? Bounds what one process does at once, so that pages and Stop are always served.

Each reader of a stream holds one of the server's threads, each run a thread of its own. Beyond the
limit nobody waits in a queue: the answer is "busy", at once, with a time to come back.
"""

import threading

from streaming.conf import get_conf

RETRY_AFTER = 5
"""Seconds after which it is worth trying again: replies take a few."""


_UNTOLD = 30
"""Where neither the settings nor the server say how much room there is."""


class Busy(Exception):
    """There is no room now."""

    retry_after = RETRY_AFTER


class Place:
    """A place that was taken. It is given back once, however often `leave` is called."""

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self._taken = True

    def leave(self) -> None:
        """Give the place back."""
        with self._admission.lock:
            if self._taken:
                self._taken = False
                self._admission.count -= 1


class Admission:
    """Counts what is going on, up to the process's limit."""

    server_limit: int | None = None
    """What the server has room for, once it has said so."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a place is also left when the garbage collector says so
        self.count = 0
        """Places taken."""

    def enter(self) -> Place:
        """Take a place. Raises `Busy` when there is none."""
        with self.lock:
            if self.count >= limit():
                raise Busy
            self.count += 1
        return Place(self)


runs = Admission()
readers = Admission()


def configure(*, max_streams: int) -> None:
    """Set the limit to what the server has room for. A lower one in Django's settings holds all the same."""
    Admission.server_limit = max_streams


def limit() -> int:
    """Runs, and readers, that this process admits at once."""
    known = [limit for limit in (get_conf().MAX_STREAMS, Admission.server_limit) if limit is not None]
    return min(known, default=_UNTOLD)
