"""Events to bytes, as WHATWG's event streams have them. Pure functions.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Protocol

from streaming.events import BaseEvent, frame_of, keep_frame


class Encodable(Protocol):
    """An event, or what a presenter made of one (with `id` 0 when the log does not have it)."""

    @property
    def event(self) -> str: ...
    @property
    def id(self) -> int: ...
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What a presenter sends in place of an event: any text, HTML say, under any name, or none ("")."""

    event: str
    text: str
    id: int = field(default=0, kw_only=True)
    """The number of the event that it stands for, if a reader who comes back is to go on after it."""

    def data(self) -> dict[str, Any]:
        return {"text": self.text}

    def encode(self) -> bytes:
        """The text as it is: each of its lines is a line of data."""
        number = f"id: {self.id}\n" if self.id else ""
        lines = "".join(f"data: {line}\n" for line in _LINE_END.split(self.text))
        name = f"event: {self.event}\n" if self.event else ""
        return f"{number}{name}{lines}\n".encode("utf-8", "replace")


_LINE_END = re.compile(r"\r\n|\r|\n")
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def encode(event: Encodable) -> bytes:
    """One frame. JSON escapes CR and LF, so the data never needs a second line.

    That of a numbered event is made once, for all readers: both stay as they are.
    """
    if isinstance(event, BaseEvent):
        if (kept := frame_of(event)) is not None:
            return kept
    elif isinstance(event, Frame):
        return event.encode()
    number = f"id: {event.id}\n" if event.id else ""
    frame = f"{number}event: {event.event}\ndata: {_json(event.data())}\n\n".encode("utf-8", "replace")
    if isinstance(event, BaseEvent) and event.id:
        keep_frame(event, frame)
    return frame


def comment(text: str) -> bytes:
    """A comment: readers skip it, proxies and sockets see traffic."""
    return "".join(f": {line}\n" for line in text.splitlines()).encode() + b"\n"
