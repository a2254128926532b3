"""Says a script over a connection: as a stream of chunks, or as one body."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from tests.upstream import wire
from tests.upstream.connection import Connection
from tests.upstream.gate import Gate
from tests.upstream.request import Request
from tests.upstream.script import (
    Comments,
    Content,
    Cut,
    Delta,
    End,
    Ending,
    EndlessTokens,
    ErrorEvent,
    Event,
    Failure,
    Pause,
    Raw,
    Reasoning,
    Reply,
    Reset,
    Token,
    ToolCall,
    Unframed,
    Words,
)

LAST_CHUNK = b"0\r\n\r\n"
KEEPALIVE = b": keepalive\n\n"


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers."""
    phrase = HTTPStatus(status).phrase
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(body: bytes) -> bytes:
    """A chunk of HTTP's chunked transfer encoding."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def send_body(connection: Connection, status: int, body: bytes, headers: Mapping[str, str]) -> bool:
    """Answer with a body of known length; returns True, as the connection can be kept."""
    given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    connection.send(head(status, given) + body)
    return True


def headers_of(script: Reply | Failure) -> dict[str, str]:
    """The headers that a script adds. A server that is about to close says so."""
    return {**({"Connection": "close"} if script.close else {}), **script.headers}


def send_json(connection: Connection, status: int, data: object) -> bool:
    return send_body(connection, status, wire.json_bytes(data), {})


def fail(connection: Connection, failure: Failure) -> bool:
    """Answer with an HTTP error; returns whether the connection can be kept."""
    reach(connection, failure.headers_after)
    body = failure.body
    if body is None:
        body = wire.json_bytes(wire.error(failure.message))
    return send_body(connection, failure.status, body, headers_of(failure)) and not failure.close


def reach(connection: Connection, gate: Gate | None) -> None:
    """Stand at the gate until it opens."""
    if gate is not None:
        gate.mark_reached()
        connection.wait(gate)


class StreamPlayer:
    """A reply as server-sent events, each in an HTTP chunk and a send of its own."""

    def __init__(self, connection: Connection, request: Request, bodies: wire.Bodies) -> None:
        self._connection = connection
        self._bodies = bodies
        self._role_said = False
        self._tokens = 0
        self._wants_usage = bool((request.json.get("stream_options") or {}).get("include_usage"))

    def play(self, reply: Reply) -> bool:
        """Say all of it; returns whether the connection can be kept."""
        reach(self._connection, reply.headers_after)
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"}
        self._connection.send(head(200, headers | headers_of(reply)))
        for step in reply.steps:
            if isinstance(step, Ending):
                return self._end(step)
            self._say(step)
        self._finish(reply)
        return not reply.close

    def _say(self, step: Words) -> None:
        match step:
            case Gate():
                reach(self._connection, step)
            case Pause(seconds):
                self._connection.wait(timeout=seconds)
            case Comments() | EndlessTokens():
                self._say_for_ever(step)
            case Event(data):
                self._send(wire.event(data))
            case Raw(body):
                self._send(body)
            case Unframed(data):
                self._connection.send(data)
            case _:
                self._say_content(step)

    def _say_content(self, step: Content) -> None:
        match step:
            case Token(text):
                self._delta({"content": text})
            case Reasoning(text, field):
                self._delta({field: text})
            case Delta(fields):
                self._delta(dict(fields))
            case ToolCall():
                for call in wire.tool_call_parts(step):
                    self._delta({"tool_calls": [call]})

    def _say_for_ever(self, step: Comments | EndlessTokens) -> None:
        while True:
            match step:
                case Comments():
                    self._send(KEEPALIVE)
                case EndlessTokens(text, field=field):
                    self._delta({field: text})
            self._connection.wait(timeout=step.every)

    def _end(self, step: Ending) -> bool:
        match step:
            case ErrorEvent(message, type_, code):
                self._send(wire.event(wire.error(message, type_=type_, code=code)))
                return self._end_body()
            case End():
                return self._end_body()
            case Cut():
                self._connection.send(b'400\r\ndata: {"choices": [{"del')
                return False
            case Reset():
                self._connection.reset()
                return False

    def _end_body(self) -> bool:
        self._connection.send(LAST_CHUNK)
        return True

    def _finish(self, reply: Reply) -> None:
        usage = reply.usage and wire.reported(reply.usage, counted=self._tokens)
        if reply.finish is not None:
            chunk = self._chunk({}, finish=reply.finish)
            if usage and reply.usage_on_finish:
                chunk["usage"] = usage
            self._send(wire.event(chunk))
        if usage and self._wants_usage and not reply.usage_on_finish:
            self._send(wire.event(self._bodies.usage_chunk(usage)))
        # In one piece: a client that leaves at [DONE] has had the whole reply.
        done = b"" if reply.finish is None else chunked(wire.DONE)
        self._connection.send(done + LAST_CHUNK)

    def _delta(self, fields: dict[str, Any]) -> None:
        # The role comes with the first piece, not before it, so that silence in a script is silence.
        if not self._role_said:
            self._role_said = True
            fields = {"role": "assistant", **fields}
        self._tokens += 1
        self._send(wire.event(self._chunk(fields)))

    def _chunk(self, fields: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
        chunk = self._bodies.chunk(fields, finish=finish)
        return chunk | {"usage": None} if self._wants_usage else chunk

    def _send(self, body: bytes) -> None:
        self._connection.send(chunked(body))
