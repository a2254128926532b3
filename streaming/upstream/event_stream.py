"""Bytes become server-sent events, by the rules of the WHATWG's standard.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from dataclasses import dataclass

MOST_BYTES = 64 * 1024 * 1024
"""Of one event: a server that never ends one must not fill the memory."""
_BOM = b"\xef\xbb\xbf"


class EventTooLong(Exception):
    """An event is longer than a provider's ever is."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """What a server said, and the name of the event: empty where it gave none."""

    data: str
    name: str = ""


class EventStream:
    """The events of one body, which is fed in pieces of any size.

    `id` and `retry` are for coming back to a stream, which no provider of models offers: they are read over.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._begun = False
        self._skips_line_feed = False

    def feed(self, piece: bytes) -> list[ServerSentEvent]:
        """The events that the piece completes."""
        self._rest += self._with_line_feeds(piece)
        if not self._begun and not self._begin():
            return []
        end = self._rest.rfind(b"\n\n", self._searched)
        if end < 0:
            if len(self._rest) > MOST_BYTES:
                raise EventTooLong
            self._searched = max(len(self._rest) - 1, 0)
            return []
        blocks = bytes(self._rest[:end])
        del self._rest[: end + 2]
        self._searched = 0
        found = (_event(block) for block in blocks.split(b"\n\n"))
        return [event for event in found if event is not None]

    def unterminated(self) -> ServerSentEvent | None:
        """What stood at the end of the body without the blank line that makes it an event. The standard
        has it thrown away, since it may have been cut."""
        return _event(bytes(self._rest))

    def _with_line_feeds(self, piece: bytes) -> bytes:
        """The piece with every line ended by a line feed. A carriage return ends its line at once: the line
        feed that may belong to it is dropped when it comes."""
        if not piece:
            return piece
        if self._skips_line_feed and piece.startswith(b"\n"):
            piece = piece[1:]
        self._skips_line_feed = piece.endswith(b"\r")
        if b"\r" not in piece:
            return piece
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _begin(self) -> bool:
        """Drop the byte order mark, as soon as it is clear whether there is one."""
        if len(self._rest) < len(_BOM) and _BOM.startswith(self._rest):
            return False
        self._begun = True
        if self._rest.startswith(_BOM):
            del self._rest[: len(_BOM)]
        return True


def _event(block: bytes) -> ServerSentEvent | None:
    """The event of the lines between two blank ones. None if they have no data."""
    data: list[str] = []
    name = ""
    for line in block.decode("utf-8", "replace").split("\n"):
        field, _, value = line.partition(":")  # of a comment the field is empty
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.removeprefix(" ")
    return ServerSentEvent("\n".join(data), name) if data else None
