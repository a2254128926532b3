"""Sockets and threads: one thread accepts, and each connection has its own.

`stop` ends them all, in bounded time, and says which did not end.
"""

import contextlib
import itertools
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection

from tests.upstream.connection import Connection
from tests.upstream.gate import Gate


class Listener:
    """Listens on loopback from its making on; `serve` is called in each connection's thread."""

    def __init__(self, serve: Callable[[Connection], None], *, port: int, tls: ssl.SSLContext | None) -> None:
        self._serve = serve
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._stopping = Gate()
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._numbers = itertools.count(1)
        self._acceptor = threading.Thread(target=self._accept, name="upstream-accept", daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def stop(self) -> list[str]:
        """Accept no more and end every connection; returns what did not end."""
        self._stopping.open()
        self._acceptor.join(timeout=60)
        with self._lock:
            connections = list(self._connections)
        stuck = self._end(connections)
        self._socket.close()
        self._stopping.dispose()
        return stuck

    def end_answers(self) -> list[str]:
        """End the connections that are being answered and leave the idle ones; returns what did not end."""
        with self._lock:
            busy = [connection for connection in self._connections if connection.busy]
        return self._end(busy)

    def _end(self, connections: Collection[Connection], *, timeout: float = 60.0) -> list[str]:
        with self._lock:
            threads = [self._connections[item] for item in connections if item in self._connections]
        for connection in connections:
            connection.abort()
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [f"thread {thread.name} does not end" for thread in threads if thread.is_alive()]

    def _accept(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._stopping, select.POLLIN)
        while not self._stopping.is_open:
            ready = [descriptor for descriptor, _events in poll.poll()]
            if self._socket.fileno() in ready:
                with contextlib.suppress(OSError):  # the peer may have gone already
                    self._start(self._socket.accept()[0])

    def _start(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        connection = Connection(sock, next(self._numbers))
        name = f"upstream-{connection.number}"
        thread = threading.Thread(target=self._run, args=[connection], name=name, daemon=True)
        with self._lock:
            self._connections[connection] = thread
        thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        finally:
            connection.close()
            with self._lock:
                del self._connections[connection]
