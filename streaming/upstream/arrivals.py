"""A response's body, in the pieces in which it arrived.

Where the process is busy it waits before it reads again: what has arrived by then is one piece, for the
connection joins the chunks of HTTP's encoding (`chunks_joined.py`).
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

LONGEST = 0.12
"""Seconds between two looks at a stream, where the process is busy."""
_PATIENCE = 0.1
"""Seconds to wait for the end of a body whose reply is over: then its connection can be used again."""


class Arrivals:
    """The body of one response, for code that may wait."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        # Only of our own connections is each piece all that had come.
        self._waits = isinstance(response.extensions.get("network_stream"), CancellableStream)
        self._pieces = response.iter_bytes()
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            yield piece
            if self._waits and (pause := load.pause(LONGEST)):
                time.sleep(pause)
        self._is_over = True

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
