"""What a test reads afterwards: each request, as it arrived, and how its peer left."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Moment:
    """Something that happens once, and when (monotonic clock). Any thread may wait for it."""

    def __init__(self) -> None:
        self._happened = threading.Event()
        self._at: float | None = None

    @property
    def at(self) -> float:
        """When it happened; fails if it has not."""
        if self._at is None:
            raise AssertionError("it has not happened")
        return self._at

    def mark(self) -> None:
        if not self._happened.is_set():
            self._at = time.monotonic()
            self._happened.set()

    def is_set(self) -> bool:
        return self._happened.is_set()

    def wait(self, timeout: float = 60.0) -> bool:
        return self._happened.wait(timeout)


@dataclass(frozen=True)
class Request:
    """One request, by its number in order of arrival, from 1. Names of headers are in lower case.

    `connection` numbers the connection that it came on, from 1: equal numbers mean that
    a connection was reused. `answered` happens when the script has been said to its end;
    `peer_closed` when the peer's FIN or RST was seen, be it while a script was waiting
    or on the idle connection after it.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    peer_closed: Moment
    answered: Moment = field(default_factory=Moment)
    arrived_at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a chat completion."""
        messages: list[dict[str, Any]] = self.json["messages"]
        return messages

    @property
    def streams(self) -> bool:
        """Whether the reply is wanted as events."""
        return isinstance(self.json, dict) and self.json.get("stream") is True

    @property
    def ends_connection(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"

    @property
    def abandoned(self) -> bool:
        """Whether the peer closed before the script was at its end."""
        return self.peer_closed.is_set() and not self.answered.is_set()
