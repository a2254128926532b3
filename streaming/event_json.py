"""Events as text, to be stored, and back. What a reader is sent is the same from either."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from streaming.events import (
    Custom,
    Documents,
    End,
    Error,
    Event,
    Output,
    Reasoning,
    Start,
    Token,
    ToolEnd,
    ToolStart,
    ToolText,
    Usage,
    Writer,
    number,
)

_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode
_WRITER = ("step", "name", "model", "node", "path")


def dumps(events: Iterable[Event]) -> str:
    """A JSON list of names and data. ASCII only: no database and no encoding can stumble over it."""
    return _encode([[event.event, event.data()] for event in events])


def loads(text: str, *, first: int) -> list[Event]:
    """The events again, numbered from `first` on."""
    events = [_MADE[name](data) for name, data in json.loads(text)]
    for place, event in enumerate(events, first):
        number(event, place)
    return events


def _written(kind: type[Token] | type[Reasoning] | type[ToolText]) -> Callable[[dict[str, Any]], Event]:
    def make(data: dict[str, Any]) -> Event:
        call: dict[str, Any] = {"call_id": data["id"]} if kind is ToolText else {}
        if "step" not in data or "writer" not in data:
            return kind(data["text"], writer=data.get("writer", 1), **call)
        by = Writer(**{name: data[name] for name in _WRITER})
        return kind(data["text"], writer=data["writer"], by=by, introduces=True, **call)

    return make


def _end(data: dict[str, Any]) -> Event:
    usage, error = data["usage"], data["error"]
    return End(
        status=data["status"],
        finish_reason=data["finish_reason"],
        usage=Usage(**usage) if usage else None,
        error=Error(**error) if error else None,
        asked=data.get("asked"),
    )


_MADE: dict[str, Callable[[dict[str, Any]], Event]] = {
    Start.event: lambda data: Start(**data),
    Token.event: _written(Token),
    Reasoning.event: _written(Reasoning),
    ToolText.event: _written(ToolText),
    ToolStart.event: lambda data: ToolStart(call_id=data.pop("id"), **data),
    ToolEnd.event: lambda data: ToolEnd(call_id=data.pop("id"), **data),
    Documents.event: lambda data: Documents(**data),
    Output.event: lambda data: Output(**data),
    Custom.event: lambda data: Custom(data["name"], data["data"]),
    End.event: _end,
}
