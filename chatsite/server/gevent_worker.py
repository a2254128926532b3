"""gunicorn's gevent worker, which slow and silent peers cannot fill.

Peers that wait cost the others nothing here, up to `worker_connections` of them; beyond that gunicorn would
let no other in. So when all places are taken, connections are cut off: those whose request has not arrived
yet, and then those whose peers take no data.
"""

import contextlib
import socket
from typing import Any

from gunicorn.workers.base import Worker
from gunicorn.workers.ggevent import GeventWorker

from chatsite.server.slow_peers import Application, in_pieces, time_limit, unwritable


class PatientGeventWorker(GeventWorker):  # type: ignore[misc] # gunicorn is not typed
    """Each connection has a greenlet of its own, which runs `handle`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections: dict[socket.socket, None] = {}
        """All of them, in the order in which they came."""
        self._answered: set[socket.socket] = set()
        """The connections whose request is being answered."""

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = in_pieces(self.wsgi)

    def notify(self) -> None:
        """Give the master a sign of life. gunicorn's own method also ends the process when the master is
        dead: here `draining` does, once requests are answered."""
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
            with time_limit(sock):
                return super().handle_request(listener_name, req, sock, addr)
        finally:
            self._answered.discard(sock)

    def _make_room(self) -> None:
        """Cut off a tenth of the connections, so that there is room for a while."""
        arriving = [sock for sock in self._connections if sock not in self._answered]
        idle = [*arriving[:-1], *unwritable(self._answered)]  # the last one has only just come
        for sock in idle[: self.worker_connections // 10 + 1]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
