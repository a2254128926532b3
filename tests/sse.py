"""A reader of server-sent events, as WHATWG has them, that takes bytes as they come.

It is written from the standard and shares nothing with the encoder that it checks.
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import codecs
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ServerEvent:
    """One event. `id` is the last id seen up to it; `at` is when its blank line arrived (monotonic)."""

    name: str
    data: str
    id: str
    at: float = field(compare=False)

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class EventParser:
    """Feed it bytes, cut anywhere; it gives the events that they complete, and keeps the comments."""

    def __init__(self) -> None:
        self.last_event_id = ""
        self.comments: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._began = False
        self._after_cr = False
        self._line = ""
        self._name = ""
        self._data: list[str] = []

    def feed(self, received: bytes) -> Iterator[ServerEvent]:
        for line in self._lines(self._decoder.decode(received)):
            if line:
                self._take(line)
            elif (event := self._dispatch()) is not None:
                yield event

    def _lines(self, text: str) -> Iterator[str]:
        """Lines end in LF, CR or CRLF, and in nothing else (U+2028 is text)."""
        if not self._began and text:
            self._began = True
            text = text.removeprefix("\ufeff")
        for character in text:
            second_half = self._after_cr and character == "\n"
            self._after_cr = character == "\r"
            if second_half:
                continue
            if character in "\r\n":
                line, self._line = self._line, ""
                yield line
            else:
                self._line += character

    def _take(self, line: str) -> None:
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name and colon:
            self.comments.append(value)
        elif name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_event_id = value

    def _dispatch(self) -> ServerEvent | None:
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        if not data:
            return None
        return ServerEvent(name, "\n".join(data), self.last_event_id, time.monotonic())
