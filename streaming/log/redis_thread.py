"""A thread that talks to Redis while the settings name one, and connects again after an outage.

Only this thread waits for Redis. The address may hold a password, so it appears in no log and no error.
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
"""Seconds for which a blocking command may wait. It is below `_TIMEOUT`, which would end the connection."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries to connect: the first pause, and the longest one after it has doubled."""


class Outage:
    """Logs the beginning and the end of an outage once, however many threads notice it."""

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
        """Returns whether the outage is over for the last thread that had noticed it."""
        with self._lock:
            last = self._concerned == {who}
            self._concerned.discard(who)
        return last


class RedisThread:
    """Connects and connects again. Subclasses say in `_talk` what to do with the connection."""

    name: str

    def __init__(self, outage: Outage) -> None:
        self._outage = outage
        self._changed = threading.Condition()
        self._thread = ProcessThread(self._run, name=self.name)
        self._pause = _FIRST_PAUSE

    def _start(self) -> None:
        """Start the thread if it does not run and the settings name a Redis. `_changed` must be held."""
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
        """Note that Redis has answered."""
        self._pause = _FIRST_PAUSE
        if self._outage.end(self.name):
            logger.warning("Redis can be used again.")  # as loud as the outage was


def connect(url: str) -> "Redis":
    """Return a client of that Redis, which connects with the first command. Raises ValueError for no address.

    The client does not retry: the thread above decides when to try again.
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
    """Return the address of the Redis that the settings name; None if they name none."""
    try:
        return get_conf().REDIS_URL or None
    except ImproperlyConfigured:  # the system checks report it
        return None
