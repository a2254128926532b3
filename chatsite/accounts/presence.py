"""A stream lasts for minutes, and a session may end meanwhile: what is said then is for nobody to read.

The streams of a process look together, whichever is due first for all of them: a look each would cost as much
as the tokens.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

from chatsite.accounts.models import Guest
from chatsite.accounts.visitor import Visitor, is_signed_in

LOOK = 2.0
"""Seconds between two looks."""

Item = TypeVar("Item")


@dataclass(eq=False, slots=True)
class Reader:
    """Somebody who reads a stream, and whether their session still lasts."""

    request: HttpRequest
    visitor: Visitor
    is_here: bool = True


class Readers:
    """Those of one process."""

    def __init__(self) -> None:
        self.reading: set[Reader] = set()
        self._looking = threading.Lock()
        self._looked = time.monotonic()

    def look(self) -> None:
        """Find out who is still here, if it is time. Nobody waits for somebody else's look."""
        if time.monotonic() - self._looked < LOOK or not self._looking.acquire(blocking=False):
            return
        try:
            self._look()
        except DatabaseError:
            pass  # nobody can have signed out either
        finally:
            self._looked = time.monotonic()
            self._looking.release()
            close_old_connections()  # a stream holds none

    def _look(self) -> None:
        readers = list(self.reading)
        guests = {reader.visitor.guest for reader in readers if reader.visitor.user is None}
        here = (
            set(Guest.objects.going_on().filter(pk__in=guests).values_list("pk", flat=True)) if guests else ()
        )
        sessions: dict[tuple[str | None, int], bool] = {}
        for reader in readers:
            if (user := reader.visitor.user) is None:
                reader.is_here = reader.visitor.guest in here
                continue
            session = reader.request.session.session_key, user.pk
            if session not in sessions:
                sessions[session] = is_signed_in(reader.request, user)
            reader.is_here = sessions[session]


readers = Readers()


def while_here(request: HttpRequest, visitor: Visitor, events: Iterable[Item]) -> Iterator[Item]:
    """The same events, as long as the visitor's session lasts. They have to tick."""
    reader = Reader(request, visitor)
    readers.reading.add(reader)
    try:
        for event in events:
            readers.look()
            if not reader.is_here:
                return
            yield event
    finally:
        readers.reading.discard(reader)
        if (close := getattr(events, "close", None)) is not None:
            close()
