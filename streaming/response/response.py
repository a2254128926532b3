"""EventStreamResponse: events over HTTP, from a plain WSGI view or an asynchronous one."""

import asyncio
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import copy_context
from functools import partial
from typing import Any, Protocol, runtime_checkable

from django.db import connections
from django.http import StreamingHttpResponse

from streaming import shared_connection
from streaming.batches import Batches
from streaming.conf import get_conf
from streaming.events import Idle
from streaming.response import disconnect, sse, told
from streaming.response.asked import instead_of
from streaming.response.own_loop import OwnLoop
from streaming.response.pulled import Pulled, apulled
from streaming.response.sse import Encodable

Events = Iterable[Encodable | Idle] | AsyncGenerator[Encodable | Idle, None]


@runtime_checkable
class _Ticking(Protocol):
    """Events that can say when none has come for a while."""

    def ticking(self, tick: float) -> Events: ...


TICK = 0.5
"""Seconds between two looks at a reader to whom nothing is written: one who leaves is noticed within one."""
_GLANCE = 0.2
"""The same while events flow. The two add up to less than a second, however far apart the events are."""


_AT_ONCE = 16_384
"""Bytes that are sent together, and then the rest."""


class EventStreamResponse(StreamingHttpResponse):
    """Sends events as they come, comments while none come, and ends when the reader has gone.

    `events` is what `stream()`, `astream()` or `runs.follow()` gives. It is closed with the response, whether
    or not it was read: that stops a `stream()`, and leaves a run that `runs.start()` started running.
    Or any generator, one over those say. It runs in a thread, so that comments are sent, and a reader who
    leaves is noticed, while it waits.
    `presenter` makes another iterator of the events, and needs no thread. It passes on what it does not know:
    `Idle`, say, which comes when nothing else has for `TICK` seconds.
    """

    def __init__(
        self,
        events: Events,
        *,
        presenter: Callable[[Any], Events] | None = None,
        heartbeat: float | None = None,
        on_close: Callable[[], None] | None = None,
        **kwargs: Any,
    ) -> None:
        shared_connection.share_in_tests()
        heartbeat = get_conf().HEARTBEAT if heartbeat is None else heartbeat
        tick = min(TICK, heartbeat)
        if not isinstance(events, _Ticking):  # it may wait for as long as it likes
            if isinstance(events, AsyncGenerator):
                events = apulled(events, tick)
            elif isinstance(events, Iterator):
                events = Pulled(events, tick)
                weakref.finalize(self, events.close)  # its thread would wait for a reader for ever
        self._events = events
        # Django drops a response unclosed when a middleware fails after the view, or when an ASGI reader
        # leaves during it. A finalizer is called then, too, and once in any case.
        self._on_close = weakref.finalize(self, on_close) if on_close else None
        self._pace = _Pace(heartbeat, told.in_language_of_request())
        self._thread: ThreadPoolExecutor | None = None
        self._loop: OwnLoop | None = None
        ticking = events.ticking(tick) if isinstance(events, _Ticking) else events
        shown: Any = ticking if presenter is None else presenter(ticking)
        frames: Any
        if hasattr(shown, "__aiter__"):
            frames = _aframes(shown, self._pace)
        else:
            batches = ticking if isinstance(ticking, Batches) else None
            frames = _frames(shown, self._pace, has_more=lambda: batches is not None and batches.has_more)
        kwargs.setdefault("content_type", "text/event-stream")
        super().__init__(frames, **kwargs)
        self["Cache-Control"] = "no-cache, no-transform"
        self["X-Accel-Buffering"] = "no"  # nginx would collect the stream
        self["Content-Encoding"] = "identity"  # GZipMiddleware would hold it back

    def close(self) -> None:
        """Called by the server in the end, in any case."""
        self._pace.leave()
        if self._loop is not None:
            self._loop.close()
        super().close()
        if self._thread is None:
            self._let_go()
        else:  # after the step that it may still be at
            self._thread.submit(self._let_go)
            self._thread.shutdown(wait=False)

    def _let_go(self) -> None:
        try:
            if (close := getattr(self._events, "close", None)) is not None:
                close()
        finally:
            if self._on_close is not None:
                self._on_close()

    def __iter__(self) -> Iterator[bytes]:
        """Under WSGI. An asynchronous stream has a loop of its own there: Django would collect it before it
        sent any of it."""
        content: Any = self.streaming_content
        if (instead := instead_of(self._events, self)) is not None:
            return iter(instead)
        if not self.is_async:
            return iter(content)
        _let_the_database_go()
        self._loop = OwnLoop(content)
        return self._loop

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Under ASGI. A synchronous stream waits in a thread of its own, as it does under WSGI: Django
        would collect it before it sent any of it."""
        content: Any = self.streaming_content
        if (instead := instead_of(self._events, self)) is not None:
            for piece in instead:
                yield piece
            return
        if self.is_async:
            async for frame in content:
                yield frame
            return
        loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="event-stream")
        step = partial(copy_context().run, next, content, None)
        while (frame := await loop.run_in_executor(self._thread, step)) is not None:
            yield frame


class _Pace:
    """Which bytes a reader is due: for an event at once, else a comment when none came for long."""

    def __init__(self, heartbeat: float, in_language: Callable[[Any], Any]) -> None:
        self._heartbeat = heartbeat
        self._in_language = in_language
        self._reader = disconnect.connection()
        self._sent = self._looked = time.monotonic()
        self._left = False

    def leave(self) -> None:
        """Note that the reader has gone: another thread saw it."""
        self._left = True

    def frame(self, event: Encodable | Idle) -> bytes | None:
        """The event's frame, a heartbeat, or empty. None when the reader has gone."""
        now = time.monotonic()
        if now - self._looked >= _GLANCE or isinstance(event, Idle):
            self._looked = now
            if self._left or disconnect.has_gone(self._reader):
                return None
        if not isinstance(event, Idle):
            self._sent = now
            return sse.encode(self._in_language(event) if isinstance(event, told.TELLING) else event)
        if now - self._sent < self._heartbeat:
            return b""
        self._sent = now
        return sse.comment("heartbeat")


def _frames(
    events: Iterable[Encodable | Idle], pace: _Pace, *, has_more: Callable[[], bool]
) -> Iterator[bytes]:
    """The frames; as one, those of the events that were there at the same time."""
    _let_the_database_go()
    yield sse.comment("stream")
    held = bytearray()
    for event in events:
        frame = pace.frame(event)
        if frame is None:
            return
        held += frame
        if held and (len(held) >= _AT_ONCE or not has_more()):
            yield bytes(held)
            held.clear()
    if held:  # what a presenter has swallowed was the last
        yield bytes(held)


def _let_the_database_go() -> None:
    """Close this thread's connections, whatever their CONN_MAX_AGE: what the view asked is answered, and a
    stream can last for minutes."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


async def _aframes(events: AsyncGenerator[Encodable | Idle, None], pace: _Pace) -> AsyncIterator[bytes]:
    async with aclosing(events):
        yield sse.comment("stream")
        async for event in events:
            frame = pace.frame(event)
            if frame is None:
                return
            if frame:
                yield frame
