"""gunicorn's thread worker, in which slow and silent peers delay nobody.

A thread that waits for one peer cannot serve anyone else; a connection that waits on the worker's loop keeps
nobody waiting. So a peer has a thread only while its request is being answered:

- A request is read on the loop, and a thread gets it once it is there. (gunicorn's own worker reads it in a
  thread: as many peers as there are threads, that begin a request and say no more, and nobody is served.)
- A long body, an upload, is read in a thread all the same. An eighth of the threads may do that at once, and
  a peer that pauses in it is cut off.
- A finished connection is closed on the loop. (gunicorn's own waits up to two seconds for each peer to
  close, on the thread that accepts connections: twenty peers that don't, and the worker is killed.)
- A request behind an answer that its peer does not read waits until the peer has read it.
- While requests wait for a thread, connections whose peers take no data are cut off, and the newest request
  gets the thread: a crowd that fills the queue fills it for itself.

Beyond `worker_connections`, and beyond `MOST_ARRIVING` bytes of requests that are not whole, the connections
that have been waited for longest are let go.

A connection is in one `Phase` at a time:

    accept -> ARRIVING -> (UPLOADING) -> (UNREAD) -> QUEUED -> SERVED -> ARRIVING, for the next request
                                                                      -> CLOSING -> closed

Everything here runs in the worker's main thread, except `handle_request` and what it calls.
tests/chatsite/server/test_gunicorn_internals.py holds the parts of gunicorn that this relies on.
"""

import errno
import math
import resource
import time
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from chatsite.server.connection import PAUSE, Connection, Phase
from chatsite.server.incoming_request import Stage
from chatsite.server.slow_peers import STALLED, Application, in_pieces, time_limit, unwritable

if TYPE_CHECKING:
    from concurrent.futures import Future

LINGER = 2.0
"""Seconds that a peer has to close its end, once we have closed ours."""
STUCK = 0.3
"""Seconds that a thread waits for a peer that takes no data, while another request needs the thread."""
UPLOAD = 30.0
"""Seconds that a long body may take, while another one waits for its turn."""
MOST_ARRIVING = 64 * 1024 * 1024
RESERVE = 200
"""Files that stay for the database, providers and logs, of all that the process may open."""
TICK = 0.1

WATCHED = {Phase.ARRIVING: EVENT_READ, Phase.UNREAD: EVENT_WRITE, Phase.CLOSING: EVENT_READ}
"""The phases in which the loop watches the socket, and for what. In these the deadline holds."""


class PatientThreadWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is not typed
    """Reads requests on its loop, and gives those that are whole to threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.worker_connections = min(self.cfg.worker_connections, max(files - RESERVE, files // 2))
        self.reads_ahead = _is_plain_http(self.cfg)
        self._in: dict[Phase, dict[Connection, None]] = {phase: {} for phase in Phase}
        """The connections in each phase, in the order in which they entered it."""
        self._next_round = 0.0

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = in_pieces(self.wsgi)

    # Phases

    def _move(self, conn: Connection, phase: Phase | None, *, patience: float | None = None) -> None:
        """Put the connection into a phase, for at most `patience` seconds; without it, the deadline stays."""
        before, conn.phase, conn.since = conn.phase, phase, time.monotonic()
        if patience is not None:
            conn.deadline = conn.since + patience
        if before is not None:
            del self._in[before][conn]
            if before in WATCHED:
                self.poller.unregister(conn.sock)
        if phase is not None:
            self._in[phase][conn] = None
            if phase in WATCHED:
                self.poller.register(conn.sock, WATCHED[phase], partial(self._on_ready, conn))

    def _on_ready(self, conn: Connection, _: object) -> None:
        match conn.phase:
            case Phase.ARRIVING:
                self._receive(conn)
            case Phase.UNREAD:
                self.enqueue_req(conn)
            case Phase.CLOSING if conn.is_over():
                self._drop(conn)
            case _:
                pass  # let go by another event of the same round

    def _drop(self, conn: Connection) -> None:
        self._move(conn, None)
        self.nr_conns -= 1
        conn.close()

    # Arriving

    def accept(self, listener: Any) -> None:
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        if self.reads_ahead:
            self._expect(conn, b"")
        else:
            self.enqueue_req(conn)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def _expect(self, conn: Connection, received: bytes) -> None:
        """Wait for the next request, of which these bytes are there."""
        conn.expect(received)
        if not self.alive:
            conn.expect_by(time.monotonic() + STOP_KEEPALIVE_LINGER)
        self._move(conn, Phase.ARRIVING)
        self._decide(conn)

    def _receive(self, conn: Connection) -> None:
        try:
            received = conn.sock.recv(65536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            received = b""
        if received:
            conn.feed(received)
            self._decide(conn)
        else:
            self._drop(conn)

    def _decide(self, conn: Connection) -> None:
        """Go on with the request if enough of it is there."""
        match conn.incoming.stage:
            case Stage.WHOLE if unwritable([conn.sock]):
                self._move(conn, Phase.UNREAD, patience=STALLED)
            case Stage.WHOLE:
                self.enqueue_req(conn)
            case Stage.UPLOAD:
                self._move(conn, Phase.UPLOADING)
                self._serve_uploads()
            case Stage.TOO_LARGE:
                self._refuse(conn, 431, "Request Header Fields Too Large")
            case Stage.NO_REQUEST:
                self._refuse(conn, 400, "Bad Request")
            case Stage.BODY if conn.incoming.waits_to_be_asked:
                conn.ask_for_body()

    # Being served

    def enqueue_req(self, conn: Connection) -> None:
        self._move(conn, Phase.QUEUED)
        self._serve()

    def _serve(self) -> None:
        while self._in[Phase.QUEUED] and len(self._in[Phase.SERVED]) < self.cfg.threads:
            newest = next(reversed(self._in[Phase.QUEUED]))
            newest.full_since = math.inf
            self._move(newest, Phase.SERVED)
            super().enqueue_req(newest)

    def _serve_uploads(self) -> None:
        room = max(1, self.cfg.threads // 8) - len(self._uploads())
        waiting = list(self._in[Phase.UPLOADING])
        for conn in waiting[:room]:
            self.enqueue_req(conn)
        if not self.alive:
            for conn in waiting[room:]:
                self._refuse(conn, 503, "Service Unavailable")

    def _uploads(self) -> list[Connection]:
        """Those that have a thread, or will have the next one, for a body that has not arrived yet."""
        threads = (*self._in[Phase.QUEUED], *self._in[Phase.SERVED])
        return [conn for conn in threads if conn.incoming.stage is Stage.UPLOAD]

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request. Runs in a thread."""
        if conn.incoming.stage is Stage.UPLOAD:
            req.force_close()  # or else this thread would read what the application leaves of the body
        with time_limit(conn.sock):
            return super().handle_request(req, conn)

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._close(conn)
        elif self.reads_ahead:
            self._expect(conn, conn.parser.unreader.take_buffered())
        else:
            self._move(conn, None)
            super().finish_request(conn, fs)
        self._serve_uploads()
        self._serve()

    # Closing

    def _refuse(self, conn: Connection, status: int, reason: str) -> None:
        conn.refuse(status, reason)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        """Say that nothing more will come, and give the peer time to close: were it closed here, with
        something of the peer's unread, the end of the response could be lost in a reset."""
        if conn.close_our_end():
            self._move(conn, Phase.CLOSING, patience=LINGER)
        else:
            self._drop(conn)

    # Looking after time and room

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        short = self._in[Phase.QUEUED] or self._in[Phase.UPLOADING]
        super().wait_for_and_dispatch_events(min(timeout, TICK) if short else timeout)
        now = time.monotonic()
        if now >= self._next_round:
            self._next_round = now + TICK
            self._drop_late(now)
            self._cut_pauses(now)
            self._free_threads(now)
            self._serve_uploads()

    def _drop_late(self, now: float) -> None:
        for conn in [conn for phase in WATCHED for conn in self._in[phase] if conn.deadline < now]:
            self._drop(conn)
        if sum(len(conn.incoming) for conn in self._in[Phase.ARRIVING]) > MOST_ARRIVING:
            self._make_room()

    def _cut_pauses(self, now: float) -> None:
        """Cut off peers that pause in the middle of a body; sooner when the worker is about to end."""
        pause = PAUSE if self.alive else STOP_KEEPALIVE_LINGER
        for conn in self._in[Phase.SERVED]:
            if conn.body_awaited_since + pause < now:
                conn.cut()

    def _make_room(self) -> None:
        """Let go a tenth of the connections, so that there is room for a while: those that have been waited
        for longest."""
        waiting = [conn for phase in Phase if phase is not Phase.SERVED for conn in self._in[phase]]
        waiting.sort(key=lambda conn: conn.began)
        for conn in waiting[: len(waiting) // 10 + 1]:
            self._drop(conn)

    def _free_threads(self, now: float) -> None:
        """While requests wait for a thread, cut off as many peers that take no data; while an upload waits
        for its turn, the one that has had its turn for too long."""
        queued, served = self._in[Phase.QUEUED], self._in[Phase.SERVED]
        full = set(unwritable(conn.sock for conn in served)) if queued else set()
        for conn in served:
            conn.full_since = min(conn.full_since, now) if conn.sock in full else math.inf
        stuck = [conn for conn in served if conn.full_since + STUCK < now][: len(queued)]
        if self._in[Phase.UPLOADING]:
            uploads = [conn for conn in self._uploads() if conn.phase is Phase.SERVED]
            stuck += [conn for conn in uploads if conn.since + UPLOAD < now][:1]
        for conn in stuck:
            self.log.info("Cutting off %s, which keeps a thread that others wait for", conn.client)
            conn.cut()

    # Ending

    def is_parent_alive(self) -> bool:
        """True, whatever happens: `draining` watches the master. gunicorn would leave its loop here, with
        `alive` set as if the worker were still to serve."""
        return True

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's
        """Close the listeners, too, once the worker is about to end: new connections go to another worker, or
        are refused at once. Otherwise they would wait until this worker has ended."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """Give requests until `deadline` to arrive: the worker is about to end."""
        super()._cap_keepalive(deadline)
        for conn in self._in[Phase.ARRIVING]:
            conn.expect_by(deadline)


def _is_plain_http(cfg: Any) -> bool:
    """Whether bytes are a request's as they arrive. With TLS, or another protocol first, a thread has to
    read them, as gunicorn has it."""
    other = cfg.is_ssl, cfg.protocol != "http", cfg.proxy_protocol != "off", cfg.http2_cleartext != "off"
    return not any(other)
