"""The HTTP client to the models' servers: one a process, and its connections end with their run.

Building a client costs tens of milliseconds, most of them for TLS, so models share this one:

    ChatOpenAI(model=..., http_client=upstream.http_client())

Its connections belong to the run that uses them, so that a run that is cancelled closes them at once,
whether tokens flow or the server is silent.
"""

import functools
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore2
import httpx2
import openai

from streaming import cancellation
from streaming.conf import get_conf
from streaming.scheduling import give_way
from streaming.upstream.chunks_joined import JoinedChunks

_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")
RETRY_AFTER = 10
"""Seconds that a provider may ask us to wait before the same request is sent again."""


class CancellableStream(httpcore2.NetworkStream):
    """A connection that belongs to the run that used it last, and ends with it.

    A pool hands an idle connection to one run after the other, so each call claims it first.
    """

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream
        self._run: cancellation.Cancellation | None = None
        self._handshake: socket.socket | None = None
        self._responses = JoinedChunks()

    def shut_down(self) -> None:
        waiting = self._handshake or self._stream.get_extra_info("socket")
        with suppress(OSError):
            # Not the method of an SSLSocket: that one also drops the TLS state under the reader.
            socket.socket.shutdown(waiting, socket.SHUT_RDWR)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        give_way()
        if self._run is not None:
            # It reads on, maybe elsewhere: the garbage collector closes LangChain's generators in any thread.
            self._run.check()
        while True:
            with self._claimed():
                data = self._stream.read(max_bytes, timeout)
            if not data or (joined := self._responses.feed(data)):
                return data and joined

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._responses.begin()
        with self._claimed():
            self._stream.write(buffer, timeout)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        # Wrapping takes the descriptor away from our socket; shutting a duplicate down ends the handshake.
        with self._claimed(), self._stream.get_extra_info("socket").dup() as self._handshake:
            encrypted = self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._handshake = None
        self._release()
        return CancellableStream(encrypted)

    def close(self) -> None:
        self._release()
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        run = cancellation.current.get()
        if run is not self._run:
            self._release()
            if run is not None:
                run.claim(self)
            self._run = run
        try:
            yield
        finally:
            # What the shutdown did to the call is not what happened: the cancelling is.
            if run is not None:
                run.check()

    def _release(self) -> None:
        if self._run is not None:
            self._run.release(self)
            self._run = None


class CancellableBackend(httpcore2.SyncBackend):
    """Opens cancellable connections, and none for a run that is already cancelled."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        run = cancellation.current.get()
        if run is not None:
            run.check()
        return CancellableStream(super().connect_tcp(host, port, timeout, local_address, socket_options))


def _do_not_wait_so_long(response: httpx2.Response) -> None:
    """The SDK does what `Retry-After` says, up to two minutes. Nobody watches a silent page for that long:
    let the run fail, and the person try again."""
    wanted = response.headers.get("retry-after", "")
    if wanted.isdigit() and int(wanted) > RETRY_AFTER:
        response.headers["x-should-retry"] = "false"


@functools.cache
def http_client() -> httpx2.Client:
    """The process's client, with the SDK's pool limits and the proxies that the environment names. What is
    for a model on this machine goes to none of them.

    A provider's silence is the deadlines' business (`deadlines.py`); the read timeout here is only
    a second line, for calls that no run makes.
    """
    conf = get_conf()
    silence = max(conf.FIRST_TOKEN_TIMEOUT, conf.IDLE_TIMEOUT)
    client = openai.DefaultHttpxClient(
        timeout=httpx2.Timeout(silence, connect=conf.CONNECT_TIMEOUT),
        event_hooks={"response": [_do_not_wait_so_long]},
        mounts={f"all://{host}": None for host in _THIS_MACHINE},
    )
    for transport in (client._transport, *client._mounts.values()):
        # httpcore2's pools take a backend, httpx2's transports do not pass one on.
        if isinstance(transport, httpx2.HTTPTransport):
            transport._pool._network_backend = CancellableBackend()
    return client
