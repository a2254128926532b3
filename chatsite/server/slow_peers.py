"""Peers that take no data, or send none in the middle of a body."""

import errno
import select
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

STALLED = 30.0
"""Seconds that a peer may take to send data, or to take a `PIECE`, while no other needs its place."""
PIECE = 64 * 1024
"""Bytes that are written at once. Python's timeout is for all of one write: a large page would be cut off
while its peer reads on, only slowly."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@contextmanager
def time_limit(sock: socket.socket) -> Iterator[None]:
    """While a request is answered: take a peer that is waited for too long for one that has hung up."""
    sock.settimeout(STALLED)
    try:
        yield
    except TimeoutError as error:
        raise BrokenPipeError(errno.EPIPE, "the peer has stalled") from error


def in_pieces(application: Application) -> Application:
    """The same application, with answers that a server writes piece by piece. Files are left as they are: the
    kernel sends them as the peer takes them."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = application(environ, start_response)
        return body if isinstance(body, environ["wsgi.file_wrapper"]) else _Pieces(body)

    return answer


class _Pieces:
    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for item in self._body:
            yield item[:PIECE]
            for start in range(PIECE, len(item), PIECE):
                yield item[start : start + PIECE]

    def close(self) -> None:
        if (close := getattr(self._body, "close", None)) is not None:
            close()


def unwritable(sockets: Iterable[socket.socket]) -> list[socket.socket]:
    """The sockets that take no more data now: the peer's buffer and ours are full."""
    by_number = {number: sock for sock in sockets if (number := sock.fileno()) >= 0}
    poll = select.poll()
    for number in by_number:
        poll.register(number, select.POLLOUT)
    ready = {number for number, _ in poll.poll(0)}
    return [sock for number, sock in by_number.items() if number not in ready]
