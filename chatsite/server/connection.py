"""A connection of the thread worker: its phase, what arrives on it, and how it is closed."""

import contextlib
import errno
import math
import socket
import time
from enum import Enum, auto
from typing import Any

from gunicorn import util
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from chatsite.server.incoming_request import IncomingRequest, Stage

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


class Phase(Enum):
    """What a connection waits for."""

    ARRIVING = auto()
    """For the rest of a request."""
    UPLOADING = auto()
    """For its turn to have a long body read by a thread."""
    UNREAD = auto()
    """For its peer to read what it was sent, before its next request is answered."""
    QUEUED = auto()
    """For a thread."""
    SERVED = auto()
    """For its answer: it has a thread."""
    CLOSING = auto()
    """For its peer to close. We have closed our end."""


class Connection(TConn):  # type: ignore[misc] # gunicorn is not typed
    """A socket with the request that arrives on it, or is being answered.

    Reads and writes wait for the peer in a request's thread only.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.phase: Phase | None = None
        """None when it is new, when it is gone, and while gunicorn's own code looks after it (TLS). Only the
        worker's `_move` sets it."""
        self.since = 0.0
        """When it entered its phase (monotonic, like all times here)."""
        self.deadline = math.inf
        """When it is let go, if it is still in its phase."""
        self.incoming = IncomingRequest()
        self.began = 0.0
        """When the request began, or was first waited for."""
        self.body_awaited_since = math.inf
        """Since when the request's thread has waited for more of the body."""
        self.full_since = math.inf
        """Since when, while it is served, the peer has been seen to take no data."""
        self._latest = math.inf
        self._asked_for_body = False
        self._drained = 0

    def expect(self, received: bytes) -> None:
        """The next request begins, with these bytes of it."""
        self.data_ready = True  # the thread must not wait on the socket for what it is given
        self.sock.settimeout(0)
        self.incoming, self._asked_for_body = IncomingRequest(), False
        self.began = time.monotonic()
        self._wait_until(self.began + (self.cfg.keepalive if self.initialized else BEFORE))
        self.feed(received)

    def feed(self, received: bytes) -> None:
        """Take what has arrived."""
        now, before = time.monotonic(), self.incoming.stage
        stage = self.incoming.feed(received)
        if stage is Stage.HEAD and before is Stage.NOTHING:
            self.began = now
            self._wait_until(now + HEAD)
        elif stage is Stage.BODY:
            self._wait_until(min(now + PAUSE, self.began + BODY))

    def expect_by(self, latest: float) -> None:
        """The server is about to end: do not wait for the request after `latest`."""
        self._latest = latest
        self._wait_until(self.deadline)

    def _wait_until(self, deadline: float) -> None:
        self.deadline = min(deadline, self._latest)

    def ask_for_body(self) -> None:
        """Tell the peer, once, to send the body that it holds back. gunicorn repeats that: peers bear it."""
        if not self._asked_for_body:
            self._asked_for_body = True
            with contextlib.suppress(OSError):
                self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def refuse(self, status: int, reason: str) -> None:
        """Answer without a thread."""
        with contextlib.suppress(OSError):
            util.write_error(self.sock, status, reason, "")
        self.sock.settimeout(0)

    def init(self) -> None:
        """Make the parser, at the first request, and give it what has arrived. In the request's thread."""
        new = not self.initialized
        super().init()
        if received := self.incoming.take():
            if new:
                self.parser.unreader = BodyUnreader(self)
            self.parser.unreader.unread(received)

    def cut(self) -> None:
        """End the connection under the thread that waits for its peer: the read or write fails at once."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close_our_end(self) -> bool:
        """Tell the peer that nothing more will come. False if the peer is gone."""
        try:
            self.sock.settimeout(0)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True

    def is_over(self) -> bool:
        """Read what the peer still sends. True once it has closed its end too, or has sent too much."""
        try:
            received = self.sock.recv(65536)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True
        self._drained += len(received)
        return not received or self._drained > MOST_DRAINED


class BodyUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads the rest of a long body, in the request's thread. All else has arrived before that.

    A peer that breaks off, or is cut off because it pauses for too long, gets no answer: whatever the site
    would make of half a body would be wrong.
    """

    def __init__(self, conn: Connection) -> None:
        super().__init__(conn.sock)
        self._conn = conn

    def chunk(self, size_hint: int | None = None) -> bytes:
        self._conn.body_awaited_since = time.monotonic()
        try:
            received: bytes = super().chunk(size_hint)
        finally:
            self._conn.body_awaited_since = math.inf
        if not received:
            self._conn.cut()
            raise ConnectionResetError(errno.ECONNRESET, "the peer has broken off")
        self._conn.incoming.count(len(received))
        return received
