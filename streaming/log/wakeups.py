"""Tells other processes that something happened to a run, over Redis. Transport, never truth.

Whoever follows a run that another process owns finds its news in the database. With `REDIS_URL` it looks
there seldom, because a process that has committed something says so here, in one Redis stream for the whole
site. What is said are ids of runs, and one that gets lost costs its readers a second. So nobody waits for
Redis but two threads, one that says and one that listens. While Redis is away `flowing()` is false, and both
try again after a growing pause.

Everything is bounded: the stream, and the ids that wait to be said. Where the settings name no Redis there is
no thread, and nothing happens.
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
"""Entries that Redis keeps, about. Listeners read on at once: they need the last few only."""
_WAITING = 10_000
"""Ids that wait to be said, at most. There are as many only while Redis is away; more are dropped."""
_GLANCE = 1.0
"""Seconds after which a publisher with nothing to say looks whether the settings have changed."""
_NOTHING = b"0-0"
"""The id before the first entry of any stream."""

Callback = Callable[[UUID], None]


class _Publisher(RedisThread):
    """Says which runs have news. What comes while it speaks is said together afterwards."""

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
    """Hears which runs have news."""

    name = "streaming-listener"

    def __init__(self, outage: Outage) -> None:
        super().__init__(outage)
        self._callback: Callback | None = None
        self._reads = False
        self._last: bytes | None = None
        """The id of the last entry that was heard: after an outage the reading goes on there."""

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
                # Always from an id: with `$` the news between two calls would be lost.
                last, block = self._last or _NOTHING, round(LONGEST_ANSWER * 1000)
                answer: Any = redis.xread({KEY: last}, count=100, block=block)
                for _, entries in answer:
                    self._hear(entries)
                if not answer:
                    self._check_position(redis)
            self._last = None  # what it was in one Redis means nothing in another
        finally:
            self._reads = False

    def _check_position(self, redis: "Redis") -> None:
        """Begin with what comes next; or, in a stream that was made anew by a clock that is behind ours,
        with its first entry: its ids are all below the one that we wait for."""
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
            with suppress(ValueError):  # somebody else's entry
                said |= dict.fromkeys(UUID(run) for run in fields.get(b"runs", b"").decode().split())
        for run in said:
            try:
                if self._callback is not None:
                    self._callback(run)
            except Exception:  # one reader's fault must not make the others deaf
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
    """A forked process has neither the threads of its parent nor any use for locks that those held."""
    return _Wakeups()


def publish(run_ids: Iterable[UUID]) -> None:
    """Tell everybody that these runs have news. Returns at once, and never raises."""
    _of(os.getpid()).publisher.publish(run_ids)


def listen(callback: Callback) -> None:
    """From now on call this for each run that has news, in a thread of ours: it must not wait."""
    _of(os.getpid()).listener.listen(callback)


def flowing() -> bool:
    """Whether news of other processes arrive here now."""
    return _of(os.getpid()).listener.flowing
