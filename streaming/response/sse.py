"""Events to bytes, as WHATWG's event streams have them. Pure functions.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from typing import Any, Protocol


class Encodable(Protocol):
    """An event, or what a presenter made of one (with `id` 0 when the log does not have it)."""

    @property
    def event(self) -> str: ...
    @property
    def id(self) -> int: ...
    def data(self) -> dict[str, Any]: ...


def encode(event: Encodable) -> bytes:
    """One frame. JSON escapes CR and LF, so the data never needs a second line."""
    data = json.dumps(event.data(), ensure_ascii=False, separators=(",", ":"), default=str)
    number = f"id: {event.id}\n" if event.id else ""
    return f"{number}event: {event.event}\ndata: {data}\n\n".encode("utf-8", "replace")


def comment(text: str) -> bytes:
    """A comment: readers skip it, proxies and sockets see traffic."""
    return "".join(f": {line}\n" for line in text.splitlines()).encode() + b"\n"
