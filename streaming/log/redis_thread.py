"""A thread that talks to Redis while the settings name one, and finds it again when it was away.

Nobody else waits for Redis. The address may hold a password: it is in no log and in no error.
"""

import logging
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from streaming.conf import get_conf
from streaming.process_thread import ProcessThread

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger("streaming")

_TIMEOUT = 1.5
"""Seconds for a connection, and for an answer."""
LONGEST_ANSWER = 0.5
"""Seconds for which Redis may be asked to hold an answer back: with more, a silence would be an outage."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries to reach a Redis that is away."""


class Outage:
    """Says once in the log that Redis is away, whoever notices and however often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._concerned: set[str] = set()

    def begin(self, who: str, error: Exception) -> None:
        with self._lock:
            first = not self._concerned
            self._concerned.add(who)
        if first:  # the kind of error only: its text and its stack may hold the address, with its password
            kind = type(error).__name__
            logger.warning("Redis cannot be used (%s). Until it can, the database is looked at often.", kind)

    def end(self, who: str) -> bool:
        """Returns whether that was the end of it for all."""
        with self._lock:
            last = self._concerned == {who}
            self._concerned.discard(who)
        return last


class RedisThread:
    """One such thread: what it says to Redis is its subclass's."""

    name: str

    def __init__(self, outage: Outage) -> None:
        self._outage = outage
        self._changed = threading.Condition()
        self._thread = ProcessThread(self._run, name=self.name)
        self._pause = _FIRST_PAUSE

    def _start(self) -> None:
        """Start the thread if it is not there and has something to do. Called with `_changed` held."""
        if not self._thread.runs and address():
            with suppress(RuntimeError):  # no thread is left: the next call tries again
                self._thread.start()

    def _run(self) -> None:
        while url := self._address_or_end():
            try:
                with closing(connect(url)) as redis:
                    self._talk(redis, url)
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the site goes on without Redis
                if address() == url:
                    self._outage.begin(self.name, error)
            time.sleep(self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _address_or_end(self) -> str | None:
        with self._changed:
            if (url := address()) is None:
                self._thread.dismiss()
                self._outage.end(self.name)
            return url

    def _talk(self, redis: "Redis", url: str) -> None:
        """Talk until something fails, or the settings name another Redis."""
        raise NotImplementedError

    def _works(self) -> None:
        """Redis has done what it was asked for."""
        self._pause = _FIRST_PAUSE
        if self._outage.end(self.name):
            logger.warning("Redis can be used again.")  # as loud as the outage was


def connect(url: str) -> "Redis":
    """A client of that Redis, which has not tried to reach it yet. Raises ValueError if it is no address.

    It tries once, and waits for little: its own thread decides when it is worth trying again.
    """
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.connection import ConnectionPool, parse_url
    from redis.retry import Retry

    ours = {
        "socket_timeout": _TIMEOUT,
        "socket_connect_timeout": _TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    given: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    return Redis.from_pool(ConnectionPool(**(given | ours)))


def address() -> str | None:
    """Of the Redis that the settings name, if they name one."""
    try:
        return get_conf().REDIS_URL or None
    except ImproperlyConfigured:  # the system checks say so
        return None
