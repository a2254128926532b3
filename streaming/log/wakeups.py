"""Tells other processes over Redis which runs have new events. The events themselves are in the database.

A reader of a run that another process owns polls the database. With `REDIS_URL` it polls seldom, because a
process that has committed events publishes the ids of their runs in one Redis stream for the whole site. An
id that gets lost costs the run's readers a second. Only two threads of a process wait for Redis: a publisher
and a listener. During an outage `flowing()` is False, and both connect again after a growing pause.

The stream and the set of ids to be published are bounded. Where the settings name no Redis, neither thread
is started.
"""

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from streaming.log.redis_thread import LONGEST_ANSWER, Outage, RedisThread, address

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger("streaming")

KEY = "streaming:wakeups"
_LENGTH = 1000
"""Entries that Redis keeps, about. Listeners read at once, and need only the last few."""
_WAITING = 10_000
"""Ids that wait to be published, at most; further ones are dropped. Only an outage makes them so many."""
_GLANCE = 1.0
"""Seconds between two looks of an idle publisher at the settings, which may name another Redis."""
_NOTHING = b"0-0"
"""The id before the first entry of any stream."""

Callback = Callable[[UUID], None]


class _Publisher(RedisThread):
    """Publishes ids of runs. Ids that come while it publishes go together into the next entry."""

    name = "streaming-publisher"

    def __init__(self, outage: Outage) -> None:
        super().__init__(outage)
        self._waiting: set[UUID] = set()

    def publish(self, run_ids: Iterable[UUID]) -> None:
        with self._changed:
            self._start()
            if self._thread.runs:
                self._keep(run_ids)
                self._changed.notify()

    def _talk(self, redis: "Redis", url: str) -> None:
        while address() == url:
            if not (said := self._take()):
                continue
            try:
                redis.xadd(KEY, {"runs": " ".join(run.hex for run in said)}, maxlen=_LENGTH)
            except BaseException:
                with self._changed:
                    self._keep(said)
                raise
            self._works()

    def _take(self) -> set[UUID]:
        with self._changed:
            if not self._waiting:
                self._changed.wait(_GLANCE)
            taken, self._waiting = self._waiting, set()
            return taken

    def _keep(self, run_ids: Iterable[UUID]) -> None:
        for run in run_ids:
            if len(self._waiting) < _WAITING:
                self._waiting.add(run)


class _Listener(RedisThread):
    """Calls a function for each run that another process has published."""

    name = "streaming-listener"

    def __init__(self, outage: Outage) -> None:
        super().__init__(outage)
        self._callback: Callback | None = None
        self._reads = False
        self._last: bytes | None = None
        """The id of the last entry that was read. Reading goes on after it when an outage is over."""

    @property
    def flowing(self) -> bool:
        return self._reads and self._thread.runs

    def listen(self, callback: Callback) -> None:
        with self._changed:
            self._callback = callback
            self._start()

    def _talk(self, redis: "Redis", url: str) -> None:
        self._check_position(redis)
        self._works()
        self._reads = True
        try:
            while address() == url:
                # Always from an id: with `$`, entries between two calls would be lost.
                last, block = self._last or _NOTHING, round(LONGEST_ANSWER * 1000)
                answer: Any = redis.xread({KEY: last}, count=100, block=block)
                for _, entries in answer:
                    self._hear(entries)
                if not answer:
                    self._check_position(redis)
            self._last = None  # the id of an entry means nothing in another Redis
        finally:
            self._reads = False

    def _check_position(self, redis: "Redis") -> None:
        """Set where to read on: at first, after the newest entry. If the newest entry is older than the last
        one that was read, the stream was made anew by a clock that is behind: read it from its beginning."""
        newest: Any = redis.xrevrange(KEY, count=1)
        newest_id: bytes = newest[0][0] if newest else _NOTHING
        if self._last is None:
            self._last = newest_id
        elif _position(newest_id) < _position(self._last):
            self._last = _NOTHING

    def _hear(self, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        said: dict[UUID, None] = {}
        for entry_id, fields in entries:
            self._last = entry_id
            with suppress(ValueError):  # not an entry of this app's
                said |= dict.fromkeys(UUID(run) for run in fields.get(b"runs", b"").decode().split())
        for run in said:
            try:
                if self._callback is not None:
                    self._callback(run)
            except Exception:  # a fault with one run must not end the listening for all
                logger.exception("a wake-up of run %s failed", run)


def _position(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number)


class _Wakeups:
    """The two threads of one process."""

    def __init__(self) -> None:
        outage = Outage()
        self.publisher = _Publisher(outage)
        self.listener = _Listener(outage)


@cache
def _of(process: int) -> _Wakeups:
    """The wake-ups of one process. A forked process makes its own: its parent's threads do not run in it."""
    return _Wakeups()


def publish(run_ids: Iterable[UUID]) -> None:
    """Tell other processes that these runs have new events. Returns at once, and never raises."""
    _of(os.getpid()).publisher.publish(run_ids)


def listen(callback: Callback) -> None:
    """Call a function for each published run from now on, in the listener's thread: it must not block."""
    _of(os.getpid()).listener.listen(callback)


def flowing() -> bool:
    """Whether this process is connected, and hears of runs at once."""
    return _of(os.getpid()).listener.flowing
