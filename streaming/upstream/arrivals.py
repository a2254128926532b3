"""A response's body, in the pieces in which it arrived.

HTTP's chunked encoding has a chunk for each of a model's words, mostly. Where the process was busy several
of them have arrived by the time that it reads; they are handed on together.
"""

import asyncio
import select
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx2

from streaming.load import load
from streaming.upstream.client import CancellableStream

LONGEST = 0.1
"""Seconds between two looks at a stream, where the process is busy."""
_PATIENCE = 0.1
"""Seconds to wait for the end of a body whose reply is over: then its connection can be used again."""


class Arrivals:
    """The body of one response, for code that may wait."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        connection = response.extensions.get("network_stream")
        # What was compressed is not found again in what was read.
        can_tell = isinstance(connection, CancellableStream) and "content-encoding" not in response.headers
        self._connection = connection if can_tell else None
        self._pieces = response.iter_bytes()
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        held: list[bytes] = []
        for piece in self._pieces:
            held.append(piece)
            if self._connection is None or not self._connection.holds_more_after(piece):
                yield b"".join(held)
                held.clear()
                if self._connection is not None and (pause := load.pause(LONGEST)):
                    time.sleep(pause)
        self._is_over = True
        if held:
            yield b"".join(held)

    def drain(self) -> None:
        """Read what comes after a reply, which is mostly nothing but the end."""
        connection = None if self._is_over else self._response.extensions.get("network_stream")
        with suppress(httpx2.HTTPError, StopIteration):
            while connection is not None and _is_readable(connection.get_extra_info("socket")):
                next(self._pieces)


async def arrivals(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The same for a coroutine, without what would have to be known of its connection."""
    async for piece in response.aiter_bytes():
        yield piece


async def drain(pieces: AsyncIterator[bytes]) -> None:
    """The same for a coroutine."""
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            async for _ in pieces:
                pass


def _is_readable(waiting: Any) -> bool:
    poll = select.poll()
    poll.register(waiting, select.POLLIN)
    return bool(poll.poll(_PATIENCE * 1000))
