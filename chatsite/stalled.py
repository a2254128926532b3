"""Peers that take no data, or send none in the middle of a body."""

import errno
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

STALLED = 30.0
"""Seconds that one is waited for while nobody needs its place."""


@contextmanager
def not_for_ever(sock: socket.socket) -> Iterator[None]:
    """Around the answer to a request: waiting for the peer ends, as if it had hung up."""
    sock.settimeout(STALLED)
    try:
        yield
    except TimeoutError as error:
        raise BrokenPipeError(errno.EPIPE, "the peer has stalled") from error


def unwritable(sockets: Iterable[socket.socket]) -> list[socket.socket]:
    """Those whose peers' buffers, and ours for them, are full."""
    by_number = {number: sock for sock in sockets if (number := sock.fileno()) >= 0}
    poll = select.poll()
    for number in by_number:
        poll.register(number, select.POLLOUT)
    ready = {number for number, _ in poll.poll(0)}
    return [sock for number, sock in by_number.items() if number not in ready]
