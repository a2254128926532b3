"""EventStreamResponse: events over HTTP, from a plain WSGI view."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from streaming import disconnect, sse
from streaming.conf import get_conf
from streaming.event_stream import EventStream
from streaming.events import Idle
from streaming.sse import Encodable

TICK = 1.0
"""Seconds between two looks at a reader to whom nothing is written."""


class EventStreamResponse(StreamingHttpResponse):
    """Sends events as they come, comments while none come, and ends when the reader has gone.

    `events` is what `stream()` or `follow(..., tick=TICK)` gives, or a generator over it (a presenter)
    that passes on what it does not know. It is closed with the response, whether or not it was read:
    that stops a `stream()`, and leaves a run that `runs.start()` started running.
    """

    def __init__(
        self,
        events: Iterable[Encodable | Idle],
        *,
        heartbeat: float | None = None,
        on_close: Callable[[], None] | None = None,
        **kwargs: Any,
    ) -> None:
        heartbeat = get_conf().HEARTBEAT if heartbeat is None else heartbeat
        self._events = events
        self._on_close = on_close
        ticking = events.ticking(min(TICK, heartbeat)) if isinstance(events, EventStream) else events
        kwargs.setdefault("content_type", "text/event-stream")
        super().__init__(_frames(ticking, heartbeat=heartbeat), **kwargs)
        self["Cache-Control"] = "no-cache, no-transform"
        self["X-Accel-Buffering"] = "no"  # nginx would collect the stream
        self["Content-Encoding"] = "identity"  # GZipMiddleware would hold it back

    def close(self) -> None:
        """Called by the server in the end, in any case."""
        super().close()
        try:
            if (close := getattr(self._events, "close", None)) is not None:
                close()
        finally:
            if self._on_close is not None:
                self._on_close()


def _frames(events: Iterable[Encodable | Idle], *, heartbeat: float) -> Iterator[bytes]:
    """Bytes for each event; a comment at once and after each `heartbeat` seconds without bytes."""
    reader = disconnect.connection()
    sent = looked = time.monotonic()
    yield sse.comment("stream")
    for event in events:
        now = time.monotonic()
        if now - looked >= TICK or isinstance(event, Idle):
            looked = now
            if disconnect.has_gone(reader):
                return
        if not isinstance(event, Idle):
            sent = now
            yield sse.encode(event)
        elif now - sent >= heartbeat:
            sent = now
            yield sse.comment("heartbeat")
