"""Clients of the scripted provider: one that sees bytes and leaves as it is told to, and OpenAI's own."""

import json
import socket
import struct
from typing import Self

import openai
import pytest

from tests.upstream import ScriptedUpstream

CHAT = "/v1/chat/completions"


class Peer:
    """A client that sees bytes, and leaves as it is told to."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self.socket = socket.create_connection(("127.0.0.1", upstream.port), timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, *, stream: bool = True, path: str = CHAT) -> None:
        body = json.dumps({"model": "scripted", "messages": [], "stream": stream}).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)

    def read_until(self, end: bytes) -> bytes:
        received = b""
        while not received.endswith(end):
            received += self.socket.recv(1) or pytest.fail(f"closed after {received!r}")
        return received

    def read_all(self) -> bytes:
        return b"".join(iter(lambda: self.socket.recv(65536), b""))

    def leave_with_fin(self) -> None:
        self.socket.close()

    def leave_with_rst(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def texts(client: openai.OpenAI) -> list[str]:
    """The texts of a streamed chat completion."""
    with client.chat.completions.create(model="scripted", messages=[], stream=True) as chunks:
        return [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
