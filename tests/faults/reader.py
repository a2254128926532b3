"""A person's page, without the page: sends a prompt and reads the reply to its end, whatever comes between.

In a thread of its own. Like the page it sends again, with the same key, what was not answered, and comes
back, with the number of the last event that it has, when its connection is lost. Each connection has a thread
as well: one that was left with a FIN is read until the server closes it too, and sends no RST.
"""

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

import httpx

from tests.faults.ledger import Prompt
from tests.visitor import Reading, Visitor

if TYPE_CHECKING:
    from tests.sse import ServerEvent

COME_BACK = {201, 502, 503, 504}
"""Answers of a site that is about to end, starts, or has no room, and of a proxy in front of it; and that the
prompt waits for the end of another reply."""
BACK_OFF = 0.05


class Reader:
    """`events` has what it was shown, each once; `refused` an answer that it cannot go on with."""

    def __init__(self, prompt: Prompt, *, door: Visitor | None = None) -> None:
        self.prompt = prompt
        self.events: list[ServerEvent] = []
        self.refused: httpx.Response | None = None
        self._door = door or prompt.person
        self._changed = threading.Condition()
        self._away = False
        self._left = False
        self._reading: Reading | None = None
        self._lost = 0
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> "Reader":
        self._thread.start()
        return self

    def wait_for(self, events: int, *, timeout: float = 30.0) -> None:
        """Until it was shown so many events, or the reply is over."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.events) >= events or self.is_over, timeout):
                failure = f"{len(self.events)} of {events} events came in {timeout} s"
                raise AssertionError(failure)

    def read_some(self, events: int, *, patience: float = 0.5) -> None:
        """Be shown so many more events, if they come soon."""
        with self._changed:
            wanted = len(self.events) + events
            self._changed.wait_for(lambda: len(self.events) >= wanted or self.is_over, patience)

    def wait_until_lost(self, *, timeout: float = 2.0) -> None:
        """Until its first connection has ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._lost, timeout), "the reader's connection is kept"

    def join(self, *, timeout: float = 60.0) -> None:
        """Until the reply is over."""
        self._thread.join(timeout)
        assert not self._thread.is_alive(), f"the reply did not end; the reader has {self.events[-3:]}"
        assert self.refused is None, f"{self.refused.status_code} {self.refused.text[:500]}"

    @property
    def is_over(self) -> bool:
        """Whether it has read the end, or will not."""
        return self._left or self.refused is not None or bool(self.events and self.events[-1].name == "end")

    @property
    def is_turned_away(self) -> bool:
        """Whether it was told that there is no such thing, of a conversation that was deleted."""
        return self.prompt.deleted and self.refused is not None and self.refused.status_code == 404

    @property
    def text(self) -> str:
        return "".join(event.json["text"] for event in self.events if event.name == "token")

    @property
    def status(self) -> str:
        return str(self.events[-1].json["status"])

    def drop(self, *, reset: bool = False, away: bool = False) -> None:
        """Lose the connection, with a FIN or with a RST; and stay `away`, or come back at once."""
        with self._changed:
            self._away = away
            reading, self._reading = self._reading, None
            self._changed.notify_all()
        if reading is not None:
            _leave(reading, reset=reset)

    def come_back(self) -> None:
        with self._changed:
            self._away = False
            self._changed.notify_all()

    def leave(self) -> None:
        """Read no more of it."""
        self._left = True
        self.drop()

    def _run(self) -> None:
        while not self.is_over:
            with self._changed:
                self._changed.wait_for(lambda: not self._away or self._left)
            try:
                self._read_on()
            except httpx.TransportError:
                self._back_off()

    def _read_on(self) -> None:
        """Read as far as one connection leads."""
        after = len(self.events)
        ask = self.prompt.follow if self.prompt.has_started else self.prompt.post
        answer = ask(self._door, after=after)
        if isinstance(answer, Reading):
            self._read(answer)
        elif answer.status_code in COME_BACK:
            self._back_off()
        else:
            self.refused = answer

    def _read(self, reading: Reading) -> None:
        """Be shown what comes, until it ends or is dropped."""
        with self._changed:
            if self._away or self._left:
                reading.close()
                return
            self._reading = reading
        threading.Thread(target=self._take, args=(reading,), name="connection", daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._reading is not reading)

    def _take(self, reading: Reading) -> None:
        """In a connection's thread: what comes on it. Nobody looks any more at one that was dropped."""
        with contextlib.suppress(httpx.HTTPError, httpx.StreamError), reading:
            for event in reading:
                with self._changed:
                    if self._reading is reading:
                        self.events.append(event)
                        self._changed.notify_all()
        with self._changed:
            self._reading = None if self._reading is reading else self._reading
            self._lost += 1
            self._changed.notify_all()

    def _back_off(self) -> None:
        with self._changed:
            self._changed.wait(BACK_OFF)


def _leave(reading: Reading, *, reset: bool) -> None:
    """Where another thread reads: an RST is sent when that has woken, and closes."""
    with contextlib.suppress(OSError):
        if reset:
            reading.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reading.connection.shutdown(socket.SHUT_RD)
        else:
            reading.hang_up()
