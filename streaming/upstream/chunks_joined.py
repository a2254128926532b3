"""What arrives together in HTTP's chunked encoding becomes one chunk.

A server sends a chunk for each of a model's words, mostly, and each costs the HTTP client some tens of
microseconds. This stands before the client: it reads the bytes of a connection and writes the same bodies in
fewer chunks. What it does not understand it passes on as it is, for the client to refuse.

https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
"""

import re

_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d")
_LINE_END = b"\r\n"
_LONGEST_LINE = 4096
"""Bytes of a line before a chunk, beyond which this is no chunked encoding."""
_LONGEST_HEAD = 256 * 1024
"""Bytes of a response's head that are looked at. The client has a limit of its own."""


class JoinedChunks:
    """The responses of one connection, one after the other."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Expect the head of a response: a request was sent."""
        self._step = self._head
        self._held = b""
        """What was read and cannot be told yet: a head, or the begin of a line."""
        self._left = 0
        """Bytes of the chunk that are still to come, the end of its line with them."""

    def feed(self, data: bytes) -> bytes:
        """What the client is to read in place of this: nothing, if it has to wait for more."""
        return self._step(data)

    def _head(self, data: bytes) -> bytes:
        """Pass the head on, and find out in it how the body is sent."""
        self._held += data
        end = self._held.find(_LINE_END * 2)
        if end < 0:
            if len(self._held) > _LONGEST_HEAD:
                self._step = _as_it_is
            return data
        head, body = self._held[: end + 4], self._held[end + 4 :]
        passed = data[: len(data) - len(body)]
        self._held = b""
        if not _INTERIM.match(head):
            self._step = self._body if _CHUNKED.search(head) else _as_it_is
        return passed + (self._step(body) if body else b"")

    def _body(self, data: bytes) -> bytes:
        """Pass on what this has of the body, as one chunk."""
        data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            if self._left > len(_LINE_END):
                pieces.append(data[at : at + self._left - len(_LINE_END)])
                at += len(pieces[-1])
                self._left -= len(pieces[-1])
            elif self._left:
                if len(data) - at < len(_LINE_END):
                    self._held = data[at:]
                    break
                if not data.startswith(_LINE_END, at):
                    return self._give_up(pieces, data[at:])
                at += len(_LINE_END)
                self._left = 0
            elif (line := _SIZE_LINE.match(data, at)) and (size := int(line[1], 16)):
                at = line.end()
                self._left = size + len(_LINE_END)
            elif line or b"\n" in data[at:] or len(data) - at > _LONGEST_LINE:
                return self._give_up(pieces, data[at:])  # the last chunk, or none
            else:
                self._held = data[at:]
                break
        return _chunk(pieces)

    def _give_up(self, pieces: list[bytes], rest: bytes) -> bytes:
        """Leave all the rest of the response as it is."""
        self._step = _as_it_is
        return _chunk(pieces) + rest


def _as_it_is(data: bytes) -> bytes:
    return data


def _chunk(pieces: list[bytes]) -> bytes:
    body = b"".join(pieces)
    return b"%x\r\n%b\r\n" % (len(body), body) if body else b""
