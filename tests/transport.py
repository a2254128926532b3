"""Connections of httpx's, one for each request, so that several threads may share a client.

httpx's pool can give one thread a connection that another thread is about to close: `Bad file descriptor`.
"""

import ssl
from collections.abc import Callable, Iterator

import httpx


class OwnConnections(httpx.BaseTransport):
    """Each request has a connection of its own, which ends with its response, or with the client."""

    def __init__(self) -> None:
        self._open: set[httpx.HTTPTransport] = set()
        # The sites speak no TLS. The usual context would read all the certificates there are, each time.
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.HTTPTransport(verify=self._tls, trust_env=False)
        self._open.add(transport)
        try:
            response = transport.handle_request(request)
        except BaseException:
            self._end(transport)
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Body(response.stream, lambda: self._end(transport))
        return response

    def close(self) -> None:
        for transport in list(self._open):
            self._end(transport)

    def _end(self, transport: httpx.HTTPTransport) -> None:
        self._open.discard(transport)
        transport.close()


class _Body(httpx.SyncByteStream):
    """A response's bytes. Its connection closes when it does."""

    def __init__(self, stream: httpx.SyncByteStream, end: Callable[[], None]) -> None:
        self._stream = stream
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        self._stream.close()
        self._end()
