"""A response's body becomes the JSON objects that the server said, whatever it wraps them in.

Events, mostly. Some servers answer a request for a stream with one JSON object, or with one a line; what
answers with a web page is no model's server.
"""

import json
from typing import Any

import httpx2

from streaming.upstream.event_stream import EventStream, EventTooLong, ServerSentEvent
from streaming.upstream.refusals import error_in, not_a_model_server, streamed_error

MOST_BYTES = 64 * 1024 * 1024
"""Of a body that is not events."""
_DECODER = json.JSONDecoder(strict=False)
"""Models write real tabs and line ends into strings, and not every server escapes them."""
_BLANK = b" \t\r\n\xef\xbb\xbf"

Said = dict[str, Any]


class Answer:
    """The objects of one response, up to the first error."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._events = EventStream()
        self._body = bytearray()
        """What is not known to be events."""
        self._are_events: bool | None = None
        self.failure: Exception | None = None
        """The error that the server has said, after the objects that were given last."""
        self.done = False
        """Whether the server has said `[DONE]`, or all in one object."""

    def feed(self, piece: bytes) -> list[Said]:
        """The objects that the piece completes."""
        if self._are_events is None:
            self._body += piece
            self._look()
            piece = bytes(self._body) if self._are_events else b""
        if self._are_events:
            return self._objects(self._feed(piece))
        self._body += piece
        if len(self._body) > MOST_BYTES:
            raise not_a_model_server(self._response)
        return []

    def end(self) -> list[Said]:
        """The objects that were only complete with the end of the body."""
        if self._are_events:
            last = self._events.unterminated()
            # Cut off or not: what is whole JSON was said.
            return self._objects([last]) if last and (_says_done(last.data) or _is_whole(last.data)) else []
        texts = self._texts()
        objects = self._objects([ServerSentEvent(text) for text in texts])
        self.done = self.done or len(objects) == len(texts) == 1  # one object is all there is
        return objects

    def _feed(self, piece: bytes) -> list[ServerSentEvent]:
        try:
            return self._events.feed(piece)
        except EventTooLong:
            self.failure = streamed_error("an event without end", self._response.request)
            return []

    def _look(self) -> None:
        """Find out what the body is, as soon as it has begun."""
        begun = bytes(self._body).lstrip(_BLANK)
        if not begun:
            return
        is_page = "html" in self._response.headers.get("content-type", "").lower()
        if begun.startswith(b"<") or (is_page and not begun.startswith((b"{", b"["))):
            raise not_a_model_server(self._response)
        self._are_events = not begun.startswith((b"{", b"["))

    def _texts(self) -> list[str]:
        """The JSON texts in a body that is not events: the whole, or each of its lines."""
        text = bytes(self._body).decode("utf-8-sig", "replace").strip()
        lines = text.splitlines()
        return lines if len(lines) > 1 and all(_is_object(line) for line in lines if line.strip()) else [text]

    def _objects(self, events: list[ServerSentEvent]) -> list[Said]:
        objects: list[Said] = []
        for event in events:
            if self.done or self.failure is not None:
                break
            if _says_done(event.data):
                self.done = True
                continue
            if event.data.strip():
                self._take(event, objects)
            self.done = self.done or event.name.lower() == "done"
        return objects

    def _take(self, event: ServerSentEvent, objects: list[Said]) -> None:
        try:
            values, done = _values(event.data)
        except ValueError as exc:
            if event.name.lower() == "error":
                self.failure = streamed_error(event.data, self._response.request)
            elif not event.name or event.data.lstrip().startswith(("{", "[")):
                self.failure = exc
            return  # a sign of life, of a kind of its own
        for said in values:
            if (error := error_in(said, event=event.name.lower())) is not None:
                self.failure = streamed_error(error, self._response.request)
                return
            objects += [
                part for part in (said if isinstance(said, list) else [said]) if isinstance(part, dict)
            ]
        self.done = self.done or done


def _says_done(text: str) -> bool:
    return text.strip().strip('"')[:6].upper() == "[DONE]"


def _is_object(text: str) -> bool:
    try:
        return isinstance(_DECODER.decode(text), dict)
    except ValueError:
        return False


def _is_whole(text: str) -> bool:
    try:
        return any(isinstance(value, dict) for value in _values(text)[0])
    except ValueError:
        return False


def _values(text: str) -> tuple[list[Any], bool]:
    """The JSON values in the data of an event, and whether `[DONE]` stands after them: one, but where the
    server leaves out the blank lines. Raises `ValueError`."""
    values, rest = [], text.strip()
    while rest and not _says_done(rest):
        value, end = _DECODER.raw_decode(rest)
        values.append(value)
        rest = rest[end:].lstrip()
    return values, bool(rest)
