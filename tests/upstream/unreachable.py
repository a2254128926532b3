"""Addresses where no server answers: one that refuses, and one that never completes a handshake."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def refusing_url() -> Iterator[str]:
    """A base URL whose port is taken, so that nobody else gets it, but not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@contextlib.contextmanager
def silent_port_url() -> Iterator[str]:
    """A base URL to which no connection comes about: the listener's queue is full, and SYNs are dropped."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
