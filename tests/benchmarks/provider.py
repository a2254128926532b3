"""A model's server that costs little and stamps each token with the time at which it lets it go.

Runs in a process of its own: `python -m tests.benchmarks.provider --rate 30 --tokens 200`. It prints its
port. The stamp is the monotonic clock in nanoseconds, which all processes of one machine share.
"""

import argparse
import asyncio
import json
import re
import time
from typing import cast

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)


def _chunk(choices: list[object], usage: object = None) -> bytes:
    """One event as OpenAI sends it, in size and fields, within one chunk of HTTP's."""
    body = {
        "id": "chatcmpl-BenchmarkBenchmarkBenchmark",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "benchmark",
        "service_tier": "default",
        "system_fingerprint": "fp_benchmark",
        "choices": choices,
        "usage": usage,
    }
    event = b"data: %b\n\n" % json.dumps(body, separators=(",", ":")).encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _choice(delta: dict[str, str], finish: str | None = None) -> dict[str, object]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


_PLACE = "w0000000000000000 "
_FIRST = _chunk([_choice({"role": "assistant", "content": ""})])
_BEFORE, _AFTER = _chunk([_choice({"content": _PLACE})]).split(_PLACE.encode())


def _last(tokens: int) -> bytes:
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": tokens + 10}
    done = b"data: [DONE]\n\n"
    return _chunk([_choice({}, "stop")]) + _chunk([], usage) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(done), done)


class Provider(asyncio.Protocol):
    """One connection, which may carry many replies, one after the other."""

    def __init__(self, *, rate: float, tokens: int) -> None:
        self._pause = 1 / rate
        self._tokens = tokens
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or not (length := _LENGTH.search(head)) or len(body) < int(length.group(1)):
            return
        self._received = b""
        self._transport.write(_HEAD + _FIRST)
        self._say(0, self._loop.time())

    def _say(self, said: int, due: float) -> None:
        if self._transport.is_closing():
            return
        if said == self._tokens:
            self._transport.write(_last(self._tokens))
            return
        self._transport.write(_BEFORE + b"w%016d " % time.monotonic_ns() + _AFTER)
        self._loop.call_at(due + self._pause, self._say, said + 1, due + self._pause)


async def _serve(rate: float, tokens: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Provider(rate=rate, tokens=tokens), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.provider", description=__doc__)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--tokens", type=int, default=200)
    arguments = parser.parse_args()
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    run(_serve(arguments.rate, arguments.tokens))


if __name__ == "__main__":
    main()
