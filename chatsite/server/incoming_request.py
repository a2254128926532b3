"""A request while it arrives: how much of it is there, and whether a thread can go on with it.

Bytes in, a stage out; no socket, no clock. This module only finds out where the request ends. gunicorn's
parser gets the same bytes, and says whether it is valid.
"""

import re
from enum import Enum, auto

MOST_HEAD = 64 * 1024
"""Bytes of a request line and headers, at most. Browsers and proxies send a few thousand."""
MOST_BODY = 512 * 1024
"""Bytes of a body that is waited for without a thread, at most. A prompt of 32,000 characters, each of them
percent-encoded, has 384,000."""

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_SAYS_LENGTH = re.compile(rb"\r\n(content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
_EXPECTS = re.compile(
    rb"\A[^\r]* HTTP/1\.[1-9]\r\n(.*\r\n)?expect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE | re.DOTALL
)
_NO_REQUEST = re.compile(rb"\A[^!-~\r]|(?<!\r)\n")


class Stage(Enum):
    """How much of a request is there."""

    NOTHING = auto()
    HEAD = auto()
    """A part of the head."""
    BODY = auto()
    """The head, and a part of a body that will be short."""
    UPLOAD = auto()
    """The head, and not all of a body that a thread has to read: it is long, or the head does not say in the
    usual way how long it is."""
    WHOLE = auto()
    TOO_LARGE = auto()
    """A longer head than any browser sends."""
    NO_REQUEST = auto()
    """Bytes that no request begins with, TLS for one; or a line without its CR, after which no head would
    ever end."""


class IncomingRequest:
    """The bytes of one request, and of the next ones if the peer sends them before the answer."""

    def __init__(self, received: bytes = b"") -> None:
        self._received = bytearray()
        self._arrived = 0
        """Bytes that have arrived, also those that have been taken."""
        self._head = 0
        """Bytes of the head, once all of it is there."""
        self._whole: int | None = None
        """Bytes of the request, if the head says so in the usual way."""
        self.stage = Stage.NOTHING
        self.feed(received)

    def __len__(self) -> int:
        return len(self._received)

    @property
    def waits_to_be_asked(self) -> bool:
        """Whether the peer sends its body only when it is told to (`Expect: 100-continue`, HTTP/1.1)."""
        return self.stage is Stage.BODY and bool(_EXPECTS.search(self._received, 0, self._head))

    def feed(self, received: bytes) -> Stage:
        """Take the next bytes, cut anywhere."""
        searched = max(0, len(self._received) - 3)
        self._received += received
        while not searched and self._received.startswith(b"\r\n"):
            del self._received[:2]  # empty lines before a request mean nothing (RFC 9112, 2.2)
        self._arrived = len(self._received)
        if not self._head:
            self._find_head(searched)
        hopeless = not self._head and _NO_REQUEST.search(self._received, searched)
        self.stage = Stage.NO_REQUEST if hopeless else self._stage()
        return self.stage

    def count(self, size: int) -> None:
        """Count bytes of the body that have arrived in the thread that reads it."""
        self._arrived += size
        self.stage = self._stage()

    def take(self) -> bytes:
        """Give out all the bytes, once."""
        taken, self._received = bytes(self._received), bytearray()
        return taken

    def _find_head(self, searched: int) -> None:
        end = self._received.find(b"\r\n\r\n", searched)
        if end >= 0:
            self._head = end + 4
            if length := _LENGTH.search(self._received, 0, end + 2):
                self._whole = self._head + int(length[1])
            elif not _SAYS_LENGTH.search(self._received, 0, end + 2):
                self._whole = self._head

    def _stage(self) -> Stage:
        if not self._head:
            if len(self._received) > MOST_HEAD:
                return Stage.TOO_LARGE
            return Stage.HEAD if self._received else Stage.NOTHING
        if self._head > MOST_HEAD:
            return Stage.TOO_LARGE
        if self._whole is not None and self._arrived >= self._whole:
            return Stage.WHOLE
        long = self._whole is None or self._whole - self._head > MOST_BODY
        return Stage.UPLOAD if long else Stage.BODY
