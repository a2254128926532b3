"""A person's browser without the browser: cookies, CSRF, and replies read event by event."""

import re
import socket
import struct
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from tests.narrow import NarrowTransport
from tests.sse import EventParser, ServerEvent
from tests.transport import OwnConnections

EVENTS = "text/event-stream"
TOKEN_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """One person, with a session of their own. A small `receive_buffer` (bytes) soon holds the server up."""

    def __init__(self, url: str, *, receive_buffer: int | None = None) -> None:
        # Several threads may act for one person, and no connection lingers into the next test.
        transport = NarrowTransport(receive_buffer) if receive_buffer else OwnConnections()
        self.http = httpx.Client(base_url=url, transport=transport, timeout=60, trust_env=False)
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A page, or anything else; its CSRF token is kept for the next form."""
        response = self.http.get(path, headers=dict(headers or {}))
        if found := TOKEN_FIELD.search(response.text):
            self._token = found.group(1)
        return response

    def post(
        self, path: str, data: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Submit a form as a page without script does, and return the answer, whatever it is."""
        return self.http.send(self.form(path, data, headers))

    def send(self, text: str, *, html: bool = False, **fields: str) -> "Reading":
        """Send a message and read the reply's events. `fields`: `conversation`, `key`, `assistant`..."""
        path = "/messages/?html=1" if html else "/messages/"
        return self.read(self.form(path, {"text": text, **fields}, {"Accept": EVENTS}))

    def regenerate(self, message: str, *, html: bool = False) -> "Reading":
        path = f"/messages/{message}/regenerate/" + ("?html=1" if html else "")
        return self.read(self.form(path, {}, {"Accept": EVENTS}))

    def follow(self, run: str, *, after: int | None = None, last_event_id: str | None = None) -> "Reading":
        """Read a run's events, all of them or those after one."""
        query = {} if after is None else {"after": after}
        headers = {"Accept": EVENTS} | ({} if last_event_id is None else {"Last-Event-ID": last_event_id})
        path = f"/runs/{run}/events/"
        return self.read(self.http.build_request("GET", path, params=query, headers=headers))

    def stop(self, run: str) -> httpx.Response:
        return self.post(f"/runs/{run}/stop/", headers={"Accept": "application/json"})

    def read(self, request: httpx.Request) -> "Reading":
        """Ask, and read what comes as events; anything but a stream of events fails."""
        response = self.http.send(request, stream=True)
        if response.status_code != 200 or not response.headers["Content-Type"].startswith(EVENTS):
            response.read()
            failure = f"{request.method} {request.url}: {response.status_code} {response.text[:500]}"
            raise AssertionError(failure)
        return Reading(response)

    def form(
        self, path: str, data: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Request:
        """A form as a browser would submit it, to be sent with `http.send`, or with `read`."""
        if not self._token:
            self.get("/")
        origin = str(self.http.base_url).rstrip("/")
        given = {"X-CSRFToken": self._token, "Origin": origin, "Referer": f"{origin}/", **(headers or {})}
        # A browser sends an empty form too, with its token.
        fields = {"csrfmiddlewaretoken": self._token, **(data or {})}
        return self.http.build_request("POST", path, data=fields, headers=given)


class Reading:
    """A reply as it arrives: iterate over its events. Leaving the context closes the connection."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.received = bytearray()
        self.events: list[ServerEvent] = []
        self._parser = EventParser()
        self._arriving = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[ServerEvent]:
        return self

    def __next__(self) -> ServerEvent:
        event = next(self._arriving)
        self.events.append(event)
        return event

    @property
    def comments(self) -> list[str]:
        """The comments so far: heartbeats."""
        return self._parser.comments

    @property
    def start(self) -> Any:
        """The data of `start`: `run`, `conversation`, `message`, `model`."""
        return self._first("start").json

    @property
    def end(self) -> Any:
        """The data of `end`, when all of the reply has been read."""
        for _ in self:
            pass
        last = self.events[-1]
        if last.name != "end":
            failure = f"the stream ended with {last}"
            raise AssertionError(failure)
        return last.json

    @property
    def text(self) -> str:
        """The tokens so far, joined."""
        return "".join(event.json["text"] for event in self.events if event.name == "token")

    def until(self, name: str) -> ServerEvent:
        """Read on until an event of that name has come, and return it."""
        for event in self:
            if event.name == name:
                return event
        failure = f"the stream ended without {name}: {self.events}"
        raise AssertionError(failure)

    @property
    def connection(self) -> socket.socket:
        """The socket on which it comes."""
        found: socket.socket = self.response.extensions["network_stream"].get_extra_info("socket")
        return found

    def close(self) -> None:
        """Leave as programs do. The kernel tells the server: with a FIN, or with an RST if anything has come
        that was not read, as it has where tokens flow."""
        self.response.close()

    def hang_up(self) -> None:
        """Leave with a FIN, whatever has come and still comes. The connection is closed later."""
        self.connection.shutdown(socket.SHUT_WR)

    def drop(self) -> None:
        """Leave with an RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.response.close()

    def _first(self, name: str) -> ServerEvent:
        found = next((event for event in self.events if event.name == name), None)
        return found or self.until(name)

    def _read(self) -> Iterator[ServerEvent]:
        for piece in self.response.iter_raw():
            self.received += piece
            yield from self._parser.feed(piece)
