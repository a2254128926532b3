"""Says a script as one JSON body, for a request that did not ask for a stream."""

from collections.abc import Iterable
from typing import Any

from tests.upstream import wire
from tests.upstream.connection import Connection
from tests.upstream.gate import Gate
from tests.upstream.player import head, headers_of, reach, send_body
from tests.upstream.script import Cut, Delta, Reasoning, Reply, Reset, Step, Token, ToolCall


def play_whole(connection: Connection, bodies: wire.Bodies, reply: Reply) -> bool:
    """Say all of it; returns whether the connection can be kept.

    Gates, `Cut` and `Reset` mean what they mean in a stream; the other steps that only a
    stream can have are refused, and fail the test.
    """
    reach(connection, reply.headers_after)
    said: list[Step] = []
    for step in reply.steps:
        match step:
            case Gate():
                reach(connection, step)
            case Cut():
                connection.send(head(200, {"Content-Length": "1024"}) + b'{"id": "chatcm')
                return False
            case Reset():
                connection.reset()
                return False
            case _:
                said.append(step)
    body = bodies.whole(message_of(said), finish=reply.finish)
    if reply.usage is not None:
        body["usage"] = wire.reported(reply.usage, counted=len(said))
    return send_body(connection, 200, wire.json_bytes(body), headers_of(reply)) and not reply.close


def message_of(steps: Iterable[Step]) -> dict[str, Any]:
    """The fields of the message that the steps add up to."""
    fields: dict[str, Any] = {"role": "assistant", "content": ""}
    for step in steps:
        match step:
            case Token(text):
                fields["content"] += text
            case Reasoning(text, name):
                fields[name] = fields.get(name, "") + text
            case Delta(others):
                fields.update(others)
            case ToolCall():
                fields.setdefault("tool_calls", []).append(wire.whole_tool_call(step))
            case _:
                message = f"{step!r} needs a stream, and this request did not ask for one"
                raise ValueError(message)
    return fields
