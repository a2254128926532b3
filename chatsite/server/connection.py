"""A connection of the thread worker: what arrives on it, and how it is left."""

import contextlib
import errno
import math
import socket
import time
from typing import Any

from gunicorn import util
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from chatsite.server.arrival import Arrival, Stage

BEFORE = 10.0
"""Seconds that a new connection may be silent. One that is kept for another request: `keepalive`."""
HEAD = 10.0
"""Seconds for all of a head."""
PAUSE = 10.0
"""Seconds between two pieces of a body."""
BODY = 120.0
"""Seconds for all of a short body."""
MOST_DRAINED = 64 * 1024
"""Bytes that are read, and thrown away, of a peer that was told that nothing more will come."""


class Connection(TConn):  # type: ignore[misc] # gunicorn is not typed
    """A socket with the request that arrives on it, or is being answered. Reads and writes never wait here,
    but in a request's thread."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.arrival = Arrival()
        self._patience = 0.0
        """Until when more of the request has to come (monotonic)."""
        self._latest = math.inf
        self.began = 0.0
        """When the request has, or was first waited for (monotonic)."""
        self.waits_since = math.inf
        """Since when the request's thread has waited for more of the body (monotonic)."""
        self._asked = False
        self._drained = 0

    def expect(self, received: bytes) -> None:
        """The next request begins, with these bytes of it."""
        self.data_ready = True  # what the thread is given is not to be waited for on the socket
        self.sock.settimeout(0)
        self.arrival, self._asked = Arrival(), False
        self.began = time.monotonic()
        self._patience = self.began + (self.cfg.keepalive if self.initialized else BEFORE)
        self.feed(received)

    def feed(self, received: bytes) -> None:
        """Take what has arrived."""
        now, before = time.monotonic(), self.arrival.stage
        stage = self.arrival.feed(received)
        if stage is Stage.HEAD and before is Stage.NOTHING:
            self.began, self._patience = now, now + HEAD
        elif stage is Stage.BODY:
            self._patience = min(now + PAUSE, self.began + BODY)

    def expect_by(self, deadline: float) -> None:
        """The server is about to end: the request is not waited for any longer."""
        self._latest = deadline

    def is_late(self, now: float) -> bool:
        return min(self._patience, self._latest) < now

    def ask_for_body(self) -> None:
        """Tell a peer that waits for it to go on. (gunicorn says so once more, which peers have to bear.)"""
        if not self._asked:
            self._asked = True
            with contextlib.suppress(OSError):
                self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def refuse(self, status: int, reason: str) -> None:
        """Answer without a thread."""
        with contextlib.suppress(OSError):
            util.write_error(self.sock, status, reason, "")
        self.sock.settimeout(0)

    def init(self) -> None:
        """In the request's thread: make the parser at the first request, and give it what has arrived."""
        new = not self.initialized
        super().init()
        if received := self.arrival.take():
            if new:
                self.parser.unreader = BodyUnreader(self)
            self.parser.unreader.unread(received)

    def cut(self) -> None:
        """End it while a thread waits for the peer: the thread's read or write fails at once."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def say_goodbye(self) -> bool:
        """Tell the peer that nothing more will come. False if it is not there any more."""
        try:
            self.sock.settimeout(0)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True

    def has_said_goodbye(self) -> bool:
        """Read what the peer still sends; whether it has closed too, or is not worth more patience."""
        try:
            received = self.sock.recv(65536)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True
        self._drained += len(received)
        return not received or self._drained > MOST_DRAINED


class BodyUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads what has not arrived yet, in the request's thread: of a long body, since all else has arrived
    before. The peer owes it. One that breaks off, or is cut off because it pauses for too long, has no
    answer: whatever the site would make of half a body would be wrong."""

    def __init__(self, conn: Connection) -> None:
        super().__init__(conn.sock)
        self._conn = conn

    def chunk(self, size_hint: int | None = None) -> bytes:
        self._conn.waits_since = time.monotonic()
        try:
            received: bytes = super().chunk(size_hint)
        finally:
            self._conn.waits_since = math.inf
        if not received:
            self._conn.cut()
            raise ConnectionResetError(errno.ECONNRESET, "the peer has broken off")
        self._conn.arrival.count(len(received))
        return received
