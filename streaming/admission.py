"""Is there room? Bounds what one process does at once, so that pages and Stop are always served.

Each reader of a stream holds one of the server's threads, each run a thread of its own. Beyond the
limit nobody waits in a queue: the answer is "busy", at once, with a time to come back.
"""

import threading
from collections import Counter
from collections.abc import Hashable

from streaming.conf import get_conf

_UNTOLD = 30
"""Where neither the settings nor the server say how much room there is."""


class Busy(Exception):
    """There is no room now."""

    retry_after = 5
    """Seconds after which it is worth trying again: replies take a few."""


class TooMany(Busy):
    """The owner has as many places as one may have. Whether there is room for others is another question."""


class Place:
    """A place that was taken. It is given back once, however often `leave` is called.

    A `with` block leaves it at its end, unless the place was handed over within: to a run, say, that goes on.
    """

    def __init__(self, admission: "Admission", owner: Hashable) -> None:
        self._admission = admission
        self._owner = owner
        self._taken = True
        self._handed_over = False

    def __enter__(self) -> "Place":
        self._handed_over = False
        return self

    def __exit__(self, *exc_info: object) -> None:
        if not self._handed_over:
            self.leave()

    def hand_over(self) -> None:
        """Somebody else calls `leave` from now on."""
        with self._admission.lock:
            self._handed_over = True
            if not self._taken:  # the block was within a larger transaction, and was over before that
                self._taken = True
                self._admission.take(self._owner)

    def leave(self) -> None:
        """Give the place back."""
        with self._admission.lock:
            if self._taken:
                self._taken = False
                self._admission.give_back(self._owner)


class Admission:
    """Counts what is going on, up to the process's limit."""

    server_limit: int | None = None
    """What the server has room for, once it has said so."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a place is also left when the garbage collector says so
        self.count = 0
        """Places taken."""
        self.closed = False
        """Whether no run or reader is admitted any more: the process is about to end."""
        self._owners: Counter[Hashable] = Counter()

    def enter(self, *, owner: Hashable = None, most: int | None = None, of: int | None = None) -> Place:
        """Take a place, one `of` so many, or of as many as the process admits. Raises `TooMany` when the
        `owner` has the `most` already, and `Busy` when there is none."""
        places = limit() if of is None else of
        with self.lock:
            if not self.closed and most is not None and self._owners[owner] >= most:
                raise TooMany
            if self.closed or self.count >= places:
                raise Busy
            self.take(owner)
        return Place(self, owner)

    def take(self, owner: Hashable) -> None:
        """Count one more place, room or not. Called with `lock` held."""
        self.count += 1
        self._owners[owner] += 1

    def give_back(self, owner: Hashable) -> None:
        """Count one place less. Called with `lock` held."""
        self.count -= 1
        self._owners[owner] -= 1
        if not self._owners[owner]:
            del self._owners[owner]


runs = Admission()
"""The runs of this process. `runs.admit()` takes a place here."""
readers = Admission()
"""The readers of this process, where a view counts them, as those of `streaming.urls` do."""


def configure(*, max_streams: int) -> None:
    """Set the limit to what the server has room for. A lower one in Django's settings holds all the same."""
    Admission.server_limit = max_streams


def limit() -> int:
    """Runs, and readers, that this process admits at once."""
    known = [limit for limit in (get_conf().MAX_STREAMS, Admission.server_limit) if limit is not None]
    return min(known, default=_UNTOLD)
