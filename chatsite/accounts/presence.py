"""A stream lasts for minutes, and a session may end meanwhile: what is said then is for nobody to read."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

from chatsite.accounts.visitor import Visitor, is_still_here

LOOK = 2.0
"""Seconds between two looks."""

Item = TypeVar("Item")


def while_here(
    request: HttpRequest, visitor: Visitor, events: Iterable[Item], *, look: float = LOOK
) -> Iterator[Item]:
    """The same events, as long as the visitor's session lasts. They have to tick."""
    looked = time.monotonic()
    try:
        for event in events:
            if time.monotonic() - looked >= look:
                if not _is_still_here(request, visitor):
                    return
                looked = time.monotonic()
            yield event
    finally:
        if (close := getattr(events, "close", None)) is not None:
            close()


def _is_still_here(request: HttpRequest, visitor: Visitor) -> bool:
    try:
        return is_still_here(request, visitor)
    except DatabaseError:
        return True  # nobody can have signed out either
    finally:
        close_old_connections()  # a stream holds none
