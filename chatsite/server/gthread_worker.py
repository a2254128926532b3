"""gunicorn's thread worker, in which slow and silent peers delay nobody.

A thread that waits for a peer is missing to everybody else; a connection that waits on the worker's loop is
not. So a peer has a thread only while its request is being answered:

- A request is read on the loop, and a thread gets it once it is there. (gunicorn's own worker reads it in a
  thread: as many peers as there are threads, that begin a request and say no more, and nobody is served.)
- A long body, an upload, is read in a thread all the same. An eighth of the threads may do that at once, and
  a peer that pauses in it is cut off.
- A finished connection is closed on the loop. (gunicorn's own waits up to two seconds for each peer to
  close, on the thread that accepts connections: twenty peers that don't, and the worker is killed.)
- A request behind an answer that its peer does not read waits until it does.
- While requests wait for a thread, connections whose peers take no data are cut off, and the newest request
  has the thread: whoever fills the queue fills it for itself.

Beyond `worker_connections`, and beyond `MOST_ARRIVING` bytes of requests that are not whole, those who have
been waited for longest are let go.

Everything here runs in the worker's main thread, but `handle_request` and what it calls.
"""

import errno
import resource
import selectors
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from chatsite.server.arrival import Stage
from chatsite.server.connection import PAUSE, Connection
from chatsite.server.stalled import STALLED, Application, in_pieces, not_for_ever, unwritable

if TYPE_CHECKING:
    from concurrent.futures import Future

LINGER = 2.0
"""Seconds that a peer has to close its end, once we have closed ours."""
STUCK = 0.3
"""Seconds that a thread waits for a peer that takes no data, while somebody else needs the thread."""
UPLOAD = 30.0
"""Seconds that a long body may take, while another one waits for its turn."""
MOST_ARRIVING = 64 * 1024 * 1024
RESERVE = 200
"""Files that stay for the database, providers and logs, of all that the process may open."""
TICK = 0.1

READ = selectors.EVENT_READ


class PatientThreadWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is not typed
    """A connection is in one of these places at a time, in the order in which they came there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.worker_connections = min(self.cfg.worker_connections, max(files - RESERVE, files // 2))
        self.reads_ahead = _is_plain_http(self.cfg)
        self.arriving: dict[Connection, None] = {}
        self.uploading: dict[Connection, None] = {}
        """Those with a long body, whose turn to have a thread has not come."""
        self.unread: dict[Connection, float] = {}
        """Until when the peer may read what it has been sent, before it is answered again."""
        self.queued: dict[Connection, None] = {}
        self.served: dict[Connection, float] = {}
        """Those that have a thread; since when."""
        self.closing: dict[Connection, float] = {}
        """Until when the peer may close."""
        self._full: dict[Connection, float] = {}
        """Of those served: since when the peer has been seen to take no data."""
        self._next_round = 0.0

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = in_pieces(self.wsgi)

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
        self.arriving[conn] = None
        self.poller.register(conn.sock, READ, partial(self._on_arriving, conn))
        self._decide(conn)

    def _on_arriving(self, conn: Connection, _: object) -> None:
        if conn not in self.arriving:  # let go by another event of the same round
            return
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
        """Whether enough of its request is there."""
        match conn.arrival.stage:
            case Stage.WHOLE:
                self._leave_loop(conn)
                self._answer(conn)
            case Stage.UPLOAD:
                self._leave_loop(conn)
                self.uploading[conn] = None
                self._serve_uploads()
            case Stage.TOO_LARGE:
                self._refuse(conn, 431, "Request Header Fields Too Large")
            case Stage.NO_REQUEST:
                self._refuse(conn, 400, "Bad Request")
            case Stage.BODY if conn.arrival.waits_to_be_asked:
                conn.ask_for_body()

    def _refuse(self, conn: Connection, status: int, reason: str) -> None:
        self._leave_loop(conn)
        conn.refuse(status, reason)
        self._say_goodbye(conn)

    # Being served

    def _answer(self, conn: Connection) -> None:
        if unwritable([conn.sock]):
            self.unread[conn] = time.monotonic() + STALLED
            self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._on_read, conn))
        else:
            self.enqueue_req(conn)

    def _on_read(self, conn: Connection, _: object) -> None:
        if conn in self.unread:
            self._leave_loop(conn)
            self.enqueue_req(conn)

    def enqueue_req(self, conn: Connection) -> None:
        self.queued[conn] = None
        self._serve()

    def _serve(self) -> None:
        while self.queued and len(self.served) < self.cfg.threads:
            conn, _ = self.queued.popitem()
            self.served[conn] = time.monotonic()
            super().enqueue_req(conn)

    def _serve_uploads(self) -> None:
        room = max(1, self.cfg.threads // 8) - len(self._uploads())
        waiting = list(self.uploading)
        for conn in waiting[:room]:
            del self.uploading[conn]
            self.enqueue_req(conn)
        if not self.alive:
            for conn in waiting[room:]:
                del self.uploading[conn]
                self._refuse(conn, 503, "Service Unavailable")

    def _uploads(self) -> list[Connection]:
        """Those that have a thread, or will have the next one, for a body that has not arrived yet."""
        return [conn for conn in (*self.queued, *self.served) if conn.arrival.stage is Stage.UPLOAD]

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """In a thread."""
        if conn.arrival.stage is Stage.UPLOAD:
            req.force_close()  # or else this thread would read what the application leaves of the body
        with not_for_ever(conn.sock):
            return super().handle_request(req, conn)

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        del self.served[conn]
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._say_goodbye(conn)
        elif self.reads_ahead:
            self._expect(conn, conn.parser.unreader.take_buffered())
        else:
            super().finish_request(conn, fs)
        self._serve_uploads()
        self._serve()

    # Closing

    def _say_goodbye(self, conn: Connection) -> None:
        """Say that nothing more will come, and give the peer time to close: were it closed here, with
        something of the peer's unread, the end of the response could be lost in a reset."""
        if not conn.say_goodbye():
            self._drop(conn)
            return
        self.closing[conn] = time.monotonic() + LINGER
        self.poller.register(conn.sock, READ, partial(self._on_closing, conn))

    def _on_closing(self, conn: Connection, _: object) -> None:
        if conn in self.closing and conn.has_said_goodbye():
            self._drop(conn)

    def _leave_loop(self, conn: Connection) -> None:
        places: tuple[dict[Connection, Any], ...] = (self.arriving, self.unread, self.closing)
        for place in places:
            if conn in place:
                del place[conn]
                self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._leave_loop(conn)
        self.uploading.pop(conn, None)
        self.queued.pop(conn, None)
        self.nr_conns -= 1
        conn.close()

    # Looking after time and room

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        short = self.queued or self.uploading
        super().wait_for_and_dispatch_events(min(timeout, TICK) if short else timeout)
        now = time.monotonic()
        if now >= self._next_round:
            self._next_round = now + TICK
            self._end_patience(now)
            self._end_pauses(now)
            self._free_threads(now)
            self._serve_uploads()

    def _end_patience(self, now: float) -> None:
        late = [conn for conn in self.arriving if conn.is_late(now)]
        for place in (self.unread, self.closing):
            late += [conn for conn, deadline in place.items() if deadline < now]
        for conn in late:
            self._drop(conn)
        if sum(len(conn.arrival) for conn in self.arriving) > MOST_ARRIVING:
            self._make_room()

    def _end_pauses(self, now: float) -> None:
        """In the middle of a body. Short ones, when the worker is about to end."""
        pause = PAUSE if self.alive else STOP_KEEPALIVE_LINGER
        for conn in self.served:
            if conn.waits_since + pause < now:
                conn.cut()

    def _make_room(self) -> None:
        """Let go those who have been waited for longest: a tenth of them, so that it is not for ever."""
        waiting = [*self.closing, *self.unread, *self.arriving, *self.uploading, *self.queued]
        waiting.sort(key=lambda conn: conn.began)
        for conn in waiting[: len(waiting) // 10 + 1]:
            self._drop(conn)

    def _free_threads(self, now: float) -> None:
        """While requests wait for a thread, cut off as many peers that take no data; while an upload waits
        for its turn, the one that has had it for too long."""
        full = set(unwritable(conn.sock for conn in self.served)) if self.queued else set()
        self._full = {conn: self._full.get(conn, now) for conn in self.served if conn.sock in full}
        stuck = [conn for conn, since in self._full.items() if since + STUCK < now][: len(self.queued)]
        if self.uploading:
            stuck += [conn for conn in self._uploads() if self.served.get(conn, now) + UPLOAD < now][:1]
        for conn in stuck:
            self.log.info("Cutting off %s, which keeps a thread that others wait for", conn.client)
            conn.cut()

    def is_parent_alive(self) -> bool:
        """`leaving` looks after that. gunicorn would leave its loop as if it were still to serve."""
        return True

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's
        """A worker that is about to end lets its listeners go: whom nobody will accept is refused at once, or
        goes to another worker, and would otherwise wait until this one has ended."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """The worker is about to end: requests have until then to arrive."""
        super()._cap_keepalive(deadline)
        for conn in self.arriving:
            conn.expect_by(deadline)


def _is_plain_http(cfg: Any) -> bool:
    """Whether bytes are a request's as they arrive. With TLS, or another protocol first, a thread has to
    read them, as gunicorn has it."""
    other = cfg.is_ssl, cfg.protocol != "http", cfg.proxy_protocol != "off", cfg.http2_cleartext != "off"
    return not any(other)
