"""What is sent instead of events where sending them would cost a call of a model that nobody wants."""

import logging
from collections.abc import Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from streaming.events import End
from streaming.response import sse
from streaming.running.async_event_stream import AsyncEventStream
from streaming.running.event_stream import EventStream

logger = logging.getLogger("streaming")

_NEVER = b"retry: 86400000\n\n"
"""Tells an `EventSource` to come back in a day."""


def instead_of(events: object, response: HttpResponseBase) -> Sequence[bytes] | None:
    """Nothing, for those who want the headers only. An end, for one who comes back to a `stream()`, as an
    `EventSource` does after each end: that stream ended with its reader, and another would cost another call.
    """
    request = _request(response)
    if request is None:
        return None
    if request.method in {"HEAD", "OPTIONS"}:
        return ()
    if request.headers.get("Last-Event-ID") and isinstance(events, EventStream | AsyncEventStream):
        logger.warning("%s: a stream() cannot be resumed, and is not begun again", request.path)
        return (_NEVER, sse.encode(End(status="interrupted")))
    return None


def _request(response: HttpResponseBase) -> HttpRequest | None:
    """The request that Django answers with it: it is closed with the response."""
    owners = (getattr(close, "__self__", None) for close in response._resource_closers)  # type: ignore[attr-defined]
    return next((owner for owner in owners if isinstance(owner, HttpRequest)), None)
