"""stream(): any LangChain runnable as a synchronous generator of typed events.

A thread runs the runnable, its callback feeds a bounded queue, and the generator drains the queue. The
thread starts with the first `next()`. Closing the generator, or letting go of it, stops the run.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig

from streaming import cancellation
from streaming.callbacks.steps import StepFilter
from streaming.conf import get_conf
from streaming.events import IDLE, Event, Idle, Start, Token
from streaming.running.event_queue import EventQueue
from streaming.running.thread_worker import ThreadWorker


def stream(
    runnable: Runnable[Any, Any],
    input: Any,
    config: RunnableConfig | None = None,
    *,
    include_names: Sequence[str] | None = None,
    include_types: Sequence[str] | None = None,
    include_tags: Sequence[str] | None = None,
    exclude_names: Sequence[str] | None = None,
    exclude_types: Sequence[str] | None = None,
    exclude_tags: Sequence[str] | None = None,
    include_state: Sequence[str] | None = None,
) -> "EventStream":
    """Run `runnable` on `input` and give out its events as they happen: `Start` first, `End` last.

    The includes and excludes choose the steps whose events are wanted, as they do for LangChain's
    `astream_events`. A graph's state is private, but for the keys in `include_state`. Failures do not raise
    here: they arrive as `End(status="failed", error=...)`.
    """
    wanted = StepFilter(
        include_names=include_names,
        include_types=include_types,
        include_tags=include_tags,
        exclude_names=exclude_names,
        exclude_types=exclude_types,
        exclude_tags=exclude_tags,
        include_state=include_state,
    )
    return EventStream(runnable, input, config, wanted)


class EventStream(Generator[Event, None, None]):
    """The generator that `stream()` returns. Also a context manager, which closes it."""

    def __init__(
        self, runnable: Runnable[Any, Any], input: Any, config: RunnableConfig | None, wanted: StepFilter
    ) -> None:
        conf = get_conf()
        self._queue = EventQueue(conf.QUEUE_SIZE)
        start = Start(run=str(uuid4()), model=model_name(runnable))
        self._worker = ThreadWorker(
            runnable, input, self._queue, start=start, config=config, conf=conf, wanted=wanted
        )
        self._events = _events_only(_events_of(self._worker, self._queue, tick=None))

    @property
    def message(self) -> AIMessageChunk | None:
        """The reply's chunks added up, as far as they have come. After the end: with usage, finish
        reason and tool calls. Of several models' messages, the last. None before any model ran."""
        return self._worker.message

    def tokens(self) -> Iterator[tuple[str, str]]:
        """Each token with the reply's text so far. Raises what the run raised, after its last token."""
        content = ""
        with self:
            for event in self:
                if isinstance(event, Token):
                    content += event.text
                    yield event.text, content
        if self._worker.exception is not None:
            raise self._worker.exception

    def ticking(self, tick: float) -> Iterator[Event | Idle]:
        """The events that are still to come, with an `IDLE` whenever none has come for `tick` seconds: for
        those who have to look after something else meanwhile, as a response does after its reader."""
        return _events_of(self._worker, self._queue, tick=tick)

    def send(self, value: None) -> Event:
        return self._events.send(value)

    def throw(self, typ: Any, val: Any = None, tb: TracebackType | None = None) -> Event:
        return self._events.throw(typ if val is None else val)

    def close(self) -> None:
        """Stop the run, if it goes on, and close its upstream connections. From any thread."""
        self._worker.stop()
        with suppress(ValueError):  # another thread waits for the next event: it gets the `End`
            self._events.close()

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def model_name(runnable: Runnable[Any, Any]) -> str | None:
    """The name of the model that a runnable is, if it is one."""
    for attribute in ("model_name", "model"):
        if isinstance(name := getattr(runnable, attribute, None), str):
            return name
    return None


def _events_of(
    worker: ThreadWorker, queue: EventQueue, *, tick: float | None
) -> Generator[Event | Idle, None, None]:
    reader = cancellation.reader.get()
    if reader is not None:
        reader.adopt(worker.stop)
    worker.start()
    try:
        while not queue.ended:
            yield queue.get(tick) or IDLE
    finally:
        worker.stop()
        if reader is not None:
            reader.disown(worker.stop)


def _events_only(events: Generator[Event | Idle, None, None]) -> Generator[Event, None, None]:
    for event in events:
        if isinstance(event, Event):
            yield event
