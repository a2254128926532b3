"""One accepted socket: exact bytes out, exact closes, and an eye on the peer's.

Everything here runs in the connection's own thread, except `abort`.
"""

import contextlib
import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.upstream.gate import Gate
from tests.upstream.request import Moment

# Linux reports a FIN by itself, whether or not there are bytes to read before it. Elsewhere "readable" is
# taken for it: nobody sends bytes on a connection whose reply is not finished.
PEER_LEFT = getattr(select, "POLLRDHUP", select.POLLIN)


class PeerClosedError(Exception):
    """The peer (or the end of the test) has closed the connection."""


@dataclass(frozen=True)
class Head:
    """A request as it was on the wire. Names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """A connection, by its number; `peer_closed` happens at the peer's FIN or RST."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self._socket = sock
        self._reader = sock.makefile("rb")
        self._aborted = False
        self.number = number
        self.busy = False
        self.peer_closed = Moment()

    def read_request(self) -> Head:
        """The next request; `PeerClosedError` when there is none to come."""
        try:
            line = self._reader.readline()
            headers: dict[str, str] = {}
            while (field := self._reader.readline()) not in (b"\r\n", b""):
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            body = self._reader.read(length)
        except OSError:
            raise self._peer_left() from None
        # A peer that leaves between two requests, or within one.
        if not line or field == b"" or len(body) < length:
            raise self._peer_left()
        method, path, _version = line.decode("latin-1").split()
        return Head(method, path, headers, body)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Be `busy` for the while of an answer."""
        self.busy = True
        try:
            yield
        finally:
            self.busy = False

    def send(self, data: bytes) -> None:
        """Send all of it; `PeerClosedError` if the peer has left, before or meanwhile."""
        self.wait(timeout=0)
        try:
            self._socket.sendall(data)
        except OSError:
            raise self._peer_left() from None

    def wait(self, gate: Gate | None = None, *, timeout: float | None = None) -> None:
        """Return when the gate is open or the time is over; `PeerClosedError` as soon as the peer leaves."""
        poll = select.poll()
        poll.register(self._socket, PEER_LEFT)
        if gate is not None:
            poll.register(gate, select.POLLIN)
        ready = poll.poll(None if timeout is None else timeout * 1000)
        if any(descriptor == self._socket.fileno() for descriptor, _ in ready):
            raise self._peer_left()

    def close(self) -> None:
        """FIN; then wait for the peer's own, so that it is recorded, before letting the socket go."""
        with contextlib.suppress(OSError, PeerClosedError):
            self._socket.shutdown(socket.SHUT_WR)
            self.wait()
        self._release()

    def reset(self) -> None:
        """RST, now."""
        linger = struct.pack("ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._release()

    def abort(self) -> None:
        """End whatever the connection's thread is doing. Called by another thread."""
        self._aborted = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _release(self) -> None:
        self._reader.close()
        self._socket.close()

    def _peer_left(self) -> PeerClosedError:
        if not self._aborted:
            self.peer_closed.mark()
        return PeerClosedError(f"connection {self.number}")
