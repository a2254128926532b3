"""Connections that hold little, as those of phones do: a server soon notices that nobody reads.

Linux measures a connection's buffers in packets. Those of the loopback interface are so large that a whole
reply has room in the server's buffer, whether anybody reads it or not.
"""

import http.client
import socket
from collections.abc import Iterator

import httpx

SEGMENT = 536
"""Bytes of a packet: what any network carries."""


class NarrowTransport(httpx.BaseTransport):
    """Each request has a connection of its own. (httpx's own sets options when its connections are made: too
    late for these.)"""

    def __init__(self, receive_buffer: int) -> None:
        self._receive_buffer = receive_buffer
        self._bodies: list[_Body] = []

    def close(self) -> None:
        for body in self._bodies:
            body.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        sock = self._connect((url.host, url.port), request.extensions["timeout"]["read"])
        connection = http.client.HTTPConnection(url.host, url.port)
        connection.sock = sock
        target = url.raw_path.decode()
        connection.request(request.method, target, body=request.read() or None, headers=dict(request.headers))
        answer = connection.getresponse()
        body = _Body(sock, answer)
        self._bodies.append(body)
        extensions = {"network_stream": body}
        return httpx.Response(answer.status, headers=answer.getheaders(), stream=body, extensions=extensions)

    def _connect(self, address: tuple[str, int | None], timeout: float | None) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        sock.settimeout(timeout)
        sock.connect(address)
        return sock


class _Body(httpx.SyncByteStream):
    def __init__(self, sock: socket.socket, answer: http.client.HTTPResponse) -> None:
        self._sock = sock
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := self._answer.read1(65536):
                yield piece
        except (http.client.IncompleteRead, OSError) as error:
            message = "the server has closed in the middle of it"
            raise httpx.RemoteProtocolError(message) from error

    def close(self) -> None:
        self._answer.close()
        self._sock.close()

    def get_extra_info(self, name: str) -> socket.socket | None:
        """As httpcore has it."""
        return self._sock if name == "socket" else None
