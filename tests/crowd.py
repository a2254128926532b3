"""Many raw connections of people who behave badly: they stall, they never read, they never hang up."""

import contextlib
import socket
import struct
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


def request(path: str, *headers: str, method: str = "GET") -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


class Crowd:
    """`size` connections to a site. Leaving the context closes those that are still open."""

    def __init__(self, url: str, size: int, *, receive_buffer: int | None = None) -> None:
        self._address = (urlsplit(url).hostname, urlsplit(url).port)
        self._receive_buffer = receive_buffer
        self.sockets = [self._connect() for _ in range(size)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def say(self, what: bytes) -> None:
        """All of them send the same. Whoever has been cut off says nothing any more."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.sendall(what)

    def hear(self, words: bytes) -> None:
        """Each of them is answered, with these bytes in it."""
        for sock in self.sockets:
            heard = b""
            while words not in heard:
                received = sock.recv(65536)
                assert received, f"closed after {heard!r}"
                heard += received

    def hang_up(self, *, reset: bool = False) -> None:
        for sock in self.sockets:
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()

    def _connect(self) -> socket.socket:
        sock = socket.socket()
        if self._receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        sock.settimeout(10)
        sock.connect(self._address)
        return sock
