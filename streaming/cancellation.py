"""Ends a run from outside: its threads stop at their next step, its connections close at once.

A thread that waits for bytes cannot be told to stop, and closing its socket from another thread does
not wake it. Shutting the socket down does. So connections know the run that uses them (`claim`), and
`cancel()` shuts down every connection that is the run's.
"""

import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol


class Cancelled(GeneratorExit):
    """Raised inside a run that was cancelled.

    Not an `Exception`: retries and `.with_fallbacks()` catch those, and would call a model again. A
    `GeneratorExit`, because LangChain reads on in generators that are being closed; there Python takes
    this one for granted, and would complain of any other.
    """


class Connection(Protocol):
    """A connection that at most one run uses at a time."""

    def shut_down(self) -> None:
        """End its reads and writes, in whatever thread they are. Never blocks."""


class Cancellation:
    """One run's off switch. Any thread may use it, the garbage collector in any of them included."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._connections: set[Connection] = set()
        self._inner: set[Callable[[], object]] = set()
        self.databases: dict[Any, threading.Thread] = {}
        """The database connections that were opened in the run, and where. Change it with `lock` held."""
        self.thread: int | None = None
        """The identifier of the run's own thread, while it works on it. Set it with `lock` held."""
        self.ending: int | None = None
        """The identifier of the thread that writes the run's end, while it does. Set it with `lock` held."""
        self.earlier = weakref.WeakSet(threading.enumerate())
        """The threads that were there before the run: none of them is one of its branches."""
        self.cancelled = False
        self.had_connections = False
        """Whether the run ever used a connection that it could shut down."""

    def cancel(self) -> None:
        """Flag the run, shut down its connections, and stop the runs inside it. Idempotent."""
        with self.lock:
            self.cancelled = True
            for connection in tuple(self._connections):
                connection.shut_down()
            inner = tuple(self._inner)
        for stop in inner:
            stop()

    def check(self) -> None:
        """Raise `Cancelled` if the run was cancelled."""
        if self.cancelled:
            raise Cancelled

    def claim(self, connection: Connection) -> None:
        """The connection is this run's, until another run claims it from a pool."""
        with self.lock:
            self.check()
            self.had_connections = True
            self._connections.add(connection)

    def release(self, connection: Connection) -> None:
        """The connection is closed, or another run's."""
        with self.lock:
            self._connections.discard(connection)

    def adopt(self, stop: Callable[[], object]) -> None:
        """A run was started inside this one, or a coroutine: it ends with it."""
        with self.lock:
            self.check()
            self._inner.add(stop)

    def disown(self, stop: Callable[[], object]) -> None:
        """That has ended."""
        with self.lock:
            self._inner.discard(stop)


current: ContextVar[Cancellation | None] = ContextVar("streaming_cancellation", default=None)
"""The run that the running code works for."""

reader: ContextVar[Cancellation | None] = ContextVar("streaming_reader", default=None)
"""Cancelled when the reader leaves for whom the running code iterates a generator. That ends a `stream()` in
it, and the following of a durable run, but not that run."""
