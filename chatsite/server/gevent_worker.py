"""gunicorn's gevent worker, which slow and silent peers cannot fill.

A peer that waits costs the others nothing here, up to `worker_connections` of them; then nobody else is let
in. So when all places are taken, some of those that are worth least are let go: peers whose request has not
arrived yet, and peers that take no data.
"""

import contextlib
import socket
from typing import Any

from gunicorn.workers.base import Worker
from gunicorn.workers.ggevent import GeventWorker

from chatsite.server.slow_peers import Application, in_pieces, not_for_ever, unwritable


class PatientGeventWorker(GeventWorker):  # type: ignore[misc] # gunicorn is not typed
    """Each connection has a greenlet of its own, which runs `handle`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: dict[socket.socket, None] = {}
        """In the order in which they came."""
        self._answered: set[socket.socket] = set()
        """Those whose request is being answered."""

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = in_pieces(self.wsgi)

    def notify(self) -> None:
        """A sign of life for the master. gunicorn's own ends the process when there is none: here
        `chatsite.server.draining` looks after that, so that requests are answered first."""
        Worker.notify(self)

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        self._connections[client] = None
        if len(self._connections) >= self.worker_connections:
            self._make_room()
        try:
            super().handle(listener, client, addr)
        finally:
            del self._connections[client]

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> Any:
        self._answered.add(sock)
        try:
            with not_for_ever(sock):
                return super().handle_request(listener_name, req, sock, addr)
        finally:
            self._answered.discard(sock)

    def _make_room(self) -> None:
        """For a tenth of all, so that it is not for ever."""
        arriving = [sock for sock in self._connections if sock not in self._answered]
        worth_least = [*arriving[:-1], *unwritable(self._answered)]  # the last one has only just come
        for sock in worth_least[: self.worker_connections // 10 + 1]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
