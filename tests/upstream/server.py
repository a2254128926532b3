"""The server as a test sees it: say the replies, read the requests.

The test's thread enqueues, opens gates and reads records, and the connections' threads
record and take replies; `_changed` guards what they share.
"""

import copy
import ssl
import threading
import traceback
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.upstream import wire
from tests.upstream.connection import Connection, Head, PeerClosedError
from tests.upstream.endpoints import CHAT, COMPLETIONS, RESPONSES, UnscriptedError, answer
from tests.upstream.gate import Gate
from tests.upstream.listener import Listener
from tests.upstream.player import send_json
from tests.upstream.request import Request
from tests.upstream.script import Embeddings, Failure, Reply

Script = Reply | Failure | Embeddings
Handler = Callable[[Request], Script | None]


class ScriptedUpstream:
    """A scripted OpenAI-compatible server on a loopback port of its own.

    Leaving the context opens every gate, ends every connection and joins the threads;
    unless the test is failing anyway it then calls `verify`.
    """

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None, model: str = "scripted") -> None:
        self.model = model
        self.keeps_connections = True
        """False for clients that never close the idle ones: each reply is the last of its connection."""
        self._wanted_port = port
        self._tls = tls
        self._changed = threading.Condition()
        self._replies: deque[Script] = deque()
        self._handlers: list[tuple[str | None, Handler]] = []
        self._requests: list[Request] = []
        self._problems: list[str] = []
        self._gates: list[Gate] = []

    def __enter__(self) -> Self:
        self._listener = Listener(self._serve, port=self._wanted_port, tls=self._tls)
        self.port = self._listener.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open_gates(self._listener.stop)
        if error is None:
            self.verify()

    # What a test says

    def enqueue(self, *replies: Script) -> None:
        """Say what the next completions are answered with, in this order."""
        with self._changed:
            self._replies.extend(replies)

    def on(self, handler: Handler, *, path: str | None = None) -> None:
        """Let `handler` choose the reply; None leaves the request to the next one, and to the queue.

        It is asked for chat and text completions, or for the one `path` given. It runs in
        a connection's thread while the records are locked: it must not wait.
        """
        with self._changed:
            self._handlers.append((path, handler))

    def gate(self) -> Gate:
        """A new gate, which opens by itself at the end of the test."""
        gate = Gate()
        with self._changed:
            self._gates.append(gate)
        return gate

    # What a test reads

    @property
    def url(self) -> str:
        """The base URL that clients are given, with `/v1`."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in order of arrival."""
        with self._changed:
            return list(self._requests)

    @property
    def problems(self) -> list[str]:
        """What went against the script; `verify` fails unless the test takes them out of this list."""
        return self._problems

    def wait_for_request(self, number: int = 1, *, timeout: float = 60.0) -> Request:
        """The `number`-th request, counted from 1, as soon as it has arrived."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= number, timeout):
                message = f"request {number} did not arrive in {timeout} s; {len(self._requests)} did"
                raise TimeoutError(message)
            return self._requests[number - 1]

    def verify(self) -> None:
        """Fail if replies were left over, or anything came that no script was made for."""
        with self._changed:
            problems = [*self._problems, *(f"never asked for: {reply!r}" for reply in self._replies)]
        if problems:
            raise AssertionError("scripted upstream:\n" + "\n".join(problems))

    def new_round(self) -> None:
        """End what is being answered, `verify`, and be as new for the next test, on the same port."""
        self._open_gates(self._listener.end_answers)
        try:
            self.verify()
        finally:
            with self._changed:
                for record in (self._replies, self._handlers, self._requests, self._problems):
                    record.clear()

    def _open_gates(self, end_connections: Callable[[], list[str]]) -> None:
        with self._changed:
            gates, self._gates = self._gates, []
        for gate in gates:
            gate.open()
        stuck = end_connections()
        with self._changed:
            self._problems.extend(stuck)
        for gate in gates:
            gate.dispose()

    # In the thread of each connection

    def _serve(self, connection: Connection) -> None:
        try:
            while self._answer_next(connection):
                pass
        except PeerClosedError:
            pass
        except Exception:  # noqa: BLE001 - a fault of the harness must fail the test, whatever it is
            self._problem(traceback.format_exc())

    def _answer_next(self, connection: Connection) -> bool:
        """Answer one request; returns whether the connection is kept for another."""
        head = connection.read_request()
        with connection.answering():
            request, script = self._record(head, connection)
            try:
                kept = answer(connection, request, script, model=self.model)
            except UnscriptedError as unscripted:
                self._problem(str(unscripted))
                kept = send_json(connection, 500, wire.error(str(unscripted)))
            request.answered.mark()
        return kept and not request.ends_connection

    def _record(self, head: Head, connection: Connection) -> tuple[Request, Script | None]:
        """Note a request and take its script, in one step, so that both have the same order."""
        with self._changed:
            request = Request(
                number=len(self._requests) + 1,
                method=head.method,
                path=head.path,
                headers=head.headers,
                body=head.body,
                connection=connection.number,
                peer_closed=connection.peer_closed,
            )
            self._requests.append(request)
            self._changed.notify_all()
            return request, self._take_script(request)

    def _take_script(self, request: Request) -> Script | None:
        generates = request.path in {CHAT, COMPLETIONS, RESPONSES}
        for path, handler in self._handlers:
            if generates if path is None else request.path == path:
                script = handler(request)
                if script is not None:
                    return self._closing(script)
        return self._closing(self._replies.popleft()) if generates and self._replies else None

    def _closing(self, script: Script) -> Script:
        if self.keeps_connections or not isinstance(script, Reply):
            return script
        closing = copy.copy(script)
        closing.close = True
        return closing

    def _problem(self, text: str) -> None:
        with self._changed:
            self._problems.append(text)
