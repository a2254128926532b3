"""Notices that a reader has gone, even while there is nothing to write to it.

A server learns of it only from a failed write, and only from the second one after the reader hung up.
gunicorn hands out the connection's socket; looking at it costs a microsecond.
"""

import select
import socket
from contextvars import ContextVar
from typing import Any

_connection: ContextVar[socket.socket | None] = ContextVar("streaming_connection", default=None)


def remember(*, environ: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Receiver of Django's `request_started`: keep the socket of the request that this thread serves."""
    _connection.set((environ or {}).get("gunicorn.socket"))


def connection() -> socket.socket | None:
    """The socket of the request that the calling thread serves, where the server tells it."""
    return _connection.get()


def has_gone(reader: socket.socket | None) -> bool:
    """Whether the peer closed its end. False where that cannot be known (no socket, or TLS)."""
    if reader is None or hasattr(reader, "unwrap"):
        return False
    try:
        # poll first: a patched recv would wait, as gevent's does. (select fails above 1024 descriptors.)
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        return bool(poll.poll(0)) and not reader.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):  # reset; or closed on our side already
        return True
