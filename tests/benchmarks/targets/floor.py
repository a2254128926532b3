"""Bytes in, bytes out: what a provider sends goes to the reader as it is. No server in Python costs less.

`python -m tests.benchmarks.targets.floor 8000`, with PROVIDER the address of the model's server.
"""

import asyncio
import os
import sys
import urllib.parse
from typing import cast

_ADDRESS = urllib.parse.urlsplit(os.environ["PROVIDER"])
_PROVIDER = str(_ADDRESS.hostname), int(_ADDRESS.port or 80)
_ASK = b"POST /v1/chat/completions HTTP/1.1\r\nHost: provider\r\nContent-Length: 2\r\n\r\n{}"
_HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
_LAST = b"0\r\n\r\n"


class Person(asyncio.Protocol):
    """A reader's connection."""

    _asking: asyncio.Task[object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET "):
            self.transport.write(_HEALTHY)
            self.transport.close()
        elif self._asking is None:
            loop = asyncio.get_running_loop()
            to_provider = loop.create_connection(lambda: Asked(self.transport), *_PROVIDER)
            self._asking = loop.create_task(to_provider)


class Asked(asyncio.Protocol):
    """The connection to the provider for one reader."""

    def __init__(self, reader: asyncio.Transport) -> None:
        self._reader = reader

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_ASK)

    def data_received(self, data: bytes) -> None:
        self._reader.write(data)
        if data.endswith(_LAST):
            self._reader.close()
            self._transport.close()


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Person, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    run(_serve(int(sys.argv[1])))
