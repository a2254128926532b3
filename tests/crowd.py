"""Many raw connections of people who behave badly: they stall, they never read, they never hang up."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
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

    @contextlib.contextmanager
    def trickling(self, what: Iterable[int], *, every: float) -> Iterator[None]:
        """Meanwhile each of them sends another byte every so many seconds."""
        enough = threading.Event()

        def trickle() -> None:
            for byte in what:
                self.say(bytes([byte]))
                if enough.wait(every):
                    return

        thread = threading.Thread(target=trickle, name="trickle", daemon=True)
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()

    def hear(self, words: bytes) -> None:
        """Each of them is answered, with these bytes in it."""
        for sock in self.sockets:
            heard = b""
            while words not in heard:
                received = sock.recv(65536)
                assert received, f"closed after {heard!r}"
                heard += received

    def hear_the_end(self, *, within: float) -> None:
        """Each of them is cut off by the site in so many seconds, whatever it says before."""
        deadline = time.monotonic() + within
        for sock in self.sockets:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            with contextlib.suppress(ConnectionResetError):
                while sock.recv(65536):
                    pass

    def hang_up(self, *, reset: bool = False) -> None:
        for sock in self.sockets:
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()

    def _connect(self) -> socket.socket:
        sock = socket.socket()
        if self._receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        sock.settimeout(60)
        sock.connect(self._address)
        return sock
