"""People who arrive at a steady rate and read one reply each: how late each token reaches them.

Runs in a process of its own, and prints its findings as JSON. With S streams held, a reply of T seconds and
R replies a stream, S·R people arrive over R·T seconds. Only what comes in the middle of that time, while S
replies are being written, is counted.
"""

import argparse
import asyncio
import json
import re
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import cast

STAMP = re.compile(rb"w(\d{16}) ")
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_LONGEST_STAMP = 18


@dataclass
class Findings:
    """What the people of one run met. Times in nanoseconds of the monotonic clock."""

    begin: int
    end: int
    lags: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    whole: int = 0
    broken: int = 0

    def counts(self, now: int) -> bool:
        return self.begin <= now < self.end

    def as_json(self) -> dict[str, object]:
        return {
            "tokens": len(self.lags),
            "lag_p50_ms": _percentile(self.lags, 50),
            "lag_p99_ms": _percentile(self.lags, 99),
            "first_p50_ms": _percentile(self.firsts, 50),
            "first_p99_ms": _percentile(self.firsts, 99),
            "whole": self.whole,
            "broken": self.broken,
        }


def _percentile(values: list[int], percent: int) -> float | None:
    """In milliseconds; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] / 1e6, 2)


class Reader(asyncio.Protocol):
    """One person: sends one request, reads until the server closes, and looks at the stamps."""

    def __init__(
        self, request: bytes, *, tokens: int, findings: Findings, done: asyncio.Future[None]
    ) -> None:
        self._request = request
        self._tokens = tokens
        self._findings = findings
        self._done = done
        self._rest = b""
        self._seen = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._asked = time.monotonic_ns()
        cast("asyncio.Transport", transport).write(self._request)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._rest + data
        end = 0
        counts = self._findings.counts(now)
        for stamp in STAMP.finditer(data):
            end = stamp.end()
            if not self._seen and self._findings.counts(self._asked):
                self._findings.firsts.append(now - self._asked)
            self._seen += 1
            if counts:
                self._findings.lags.append(now - int(stamp.group(1)))
        self._rest = data[max(end, len(data) - _LONGEST_STAMP) :]

    def connection_lost(self, exc: Exception | None) -> None:
        if self._seen == self._tokens:
            self._findings.whole += 1
        else:
            self._findings.broken += 1
        if not self._done.done():
            self._done.set_result(None)


def request_for(url: str, path: str, fields: dict[str, str], headers: dict[str, str]) -> bytes:
    """A form that is posted, as bytes."""
    body = urllib.parse.urlencode(fields)
    head = {
        "Host": urllib.parse.urlsplit(url).netloc,
        "Accept": "text/event-stream",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", body]
    return "\r\n".join(lines).encode()


def visitor_request(url: str, path: str, fields: dict[str, str]) -> bytes:
    """The same by a new guest of the chat site, who has loaded the page first."""
    jar = CookieJar()
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({})
    )
    with opener.open(f"{url}/") as page:
        found = _CSRF.search(page.read().decode())
    assert found, "the page has no form"
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    headers = {"Cookie": cookies, "Origin": url, "Referer": f"{url}/"}
    return request_for(url, path, {**fields, "csrfmiddlewaretoken": found.group(1)}, headers)


async def _run(arguments: argparse.Namespace, requests: list[bytes]) -> Findings:
    loop = asyncio.get_running_loop()
    address = urllib.parse.urlsplit(arguments.url)
    reply = arguments.tokens / arguments.rate
    people = arguments.streams * arguments.rounds
    start = time.monotonic_ns()
    findings = Findings(
        begin=start + int(reply * 1.2e9), end=start + int(reply * (arguments.rounds - 0.1) * 1e9)
    )
    print(json.dumps({"begin": findings.begin, "end": findings.end}), flush=True)
    waiting = []
    for number in range(people):
        due = start / 1e9 + number * reply / arguments.streams
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        done = loop.create_future()
        waiting.append(done)
        opening = loop.create_connection(
            lambda number=number, done=done: Reader(  # type: ignore[misc]
                requests[number % len(requests)], tokens=arguments.tokens, findings=findings, done=done
            ),
            address.hostname,
            address.port,
        )
        opened = asyncio.ensure_future(opening)
        opened.add_done_callback(lambda task, done=done: _refused(task, done, findings))  # type: ignore[misc]
    await asyncio.wait(waiting, timeout=arguments.patience)
    return findings


def _refused(task: asyncio.Task[object], done: asyncio.Future[None], findings: Findings) -> None:
    if task.exception() is not None:
        findings.broken += 1
        done.set_result(None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--field", required=True, help="the form's field that has the question")
    parser.add_argument("--guests", action="store_true", help="it is the chat site: load the page first")
    parser.add_argument("--streams", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--patience", type=float, default=90.0)
    arguments = parser.parse_args()
    fields = {arguments.field: "How cool are LLMs?"}
    if arguments.guests:
        people = range(arguments.streams)
        requests = [visitor_request(arguments.url, arguments.path, fields) for _ in people]
    else:
        requests = [request_for(arguments.url, arguments.path, fields, {})]
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    findings = run(_run(arguments, requests))
    json.dump(findings.as_json(), sys.stdout)


if __name__ == "__main__":
    main()
