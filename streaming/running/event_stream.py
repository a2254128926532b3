"""stream(): any LangChain runnable as a synchronous generator of typed events.

A thread runs the runnable, its callback feeds a bounded queue, and the generator drains the queue. The
thread starts with the first `next()`. Closing the generator, or letting go of it, stops the run.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig

from streaming import cancellation, errors
from streaming.batches import Batches
from streaming.callbacks.steps import StepFilter
from streaming.conf import get_conf
from streaming.events import IDLE, BaseEvent, End, Event, Idle, Start, Token
from streaming.running.event_queue import EventQueue
from streaming.running.thread_worker import ThreadWorker

OnEnd = Callable[[End, AIMessageChunk | None], object]


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
    on_end: OnEnd | None = None,
) -> "EventStream":
    """Run `runnable` on `input` and give out its events as they happen: `Start` first, `End` last.

    The includes and excludes choose the steps whose events are wanted, as they do for LangChain's
    `astream_events`. A graph's state is private, but for the keys in `include_state`. Failures do not raise
    here: they arrive as `End(status="failed", error=...)`. Raises TypeError if `runnable` is none.

    `on_end` is called once, with the `End` and the message (None if no model ran), where the events are read:
    before the `End` is given out, or when the generator is closed. If it raises, the `End` says `failed`.
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
    return EventStream(runnable, input, config, wanted, on_end)


class EventStream(Generator[Event, None, None]):
    """The generator that `stream()` returns. Also a context manager, which closes it."""

    def __init__(
        self,
        runnable: Runnable[Any, Any],
        input: Any,
        config: RunnableConfig | None,
        wanted: StepFilter,
        on_end: OnEnd | None = None,
    ) -> None:
        conf = get_conf()
        self._queue = EventQueue(conf.QUEUE_SIZE)
        start = start_of(runnable, config)
        self._worker = ThreadWorker(
            runnable, input, self._queue, start=start, config=config, conf=conf, wanted=wanted
        )
        self._drain = _Drain(self._worker, self._queue, on_end)
        self._events = _events_only(self._drain.one_by_one())

    @property
    def message(self) -> AIMessageChunk | None:
        """The reply's chunks added up, as far as they have come. After the end: with usage, finish
        reason and tool calls. Of several models' messages, the last. None before any model ran."""
        return self._worker.message

    @property
    def end(self) -> End | None:
        """How the run has ended; None while it goes on."""
        return self._worker.end

    @property
    def exception(self) -> BaseException | None:
        """What the run has raised, if it has."""
        return self._worker.exception

    def tokens(self) -> Iterator[tuple[str, str]]:
        """Each token with the reply's text so far. Raises what the run raised, after its last token."""
        content = ""
        with self:
            for event in self:
                if isinstance(event, Token):
                    content += event.text
                    yield event.text, content
        if self.exception is not None:
            raise self.exception

    def ticking(self, tick: float) -> Batches:
        """The events that are still to come, with an `IDLE` whenever none has come for `tick` seconds: for
        those who have to look after something else meanwhile, as a response does after its reader."""
        return self._drain.ticking(tick)

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


def start_of(runnable: object, config: RunnableConfig | None) -> Start:
    """The first event of a run. Raises TypeError if there is nothing to run."""
    if not isinstance(runnable, Runnable):
        kind = type(runnable).__name__
        raise TypeError(f"a {kind} is not a LangChain runnable (of a function, RunnableLambda makes one)")
    return Start(run=str((config or {}).get("run_id") or uuid4()), model=_model_name(runnable))


def _model_name(runnable: object) -> str | None:
    """The name of the model that a runnable is, if it is one."""
    for attribute in ("model_name", "model"):
        if isinstance(name := getattr(runnable, attribute, None), str):
            return name
    return None


class _Drain:
    """Reads the queue for a stream, which it does not know: to let go of that is to close its generators."""

    def __init__(self, worker: ThreadWorker, queue: EventQueue, on_end: OnEnd | None) -> None:
        self._worker = worker
        self._queue = queue
        self._on_end = on_end

    def one_by_one(self) -> Batches:
        """The events that are still to come; the next one is taken from the queue when it is asked for."""
        return Batches(self._batches(lambda: [event] if (event := self._queue.get()) else []))

    def ticking(self, tick: float) -> Batches:
        """The events that are still to come, all that there are at a time, or an `IDLE` after each `tick`."""
        return Batches(self._batches(lambda: self._queue.get_all(tick)))

    def _batches(self, take: Callable[[], Sequence[Event]]) -> Generator[Sequence[Event | Idle], None, None]:
        """What `take` takes from the queue, until the `End` was among it."""
        reader = cancellation.reader.get()
        if reader is not None:
            reader.adopt(self._worker.stop)
        self._worker.start()
        try:
            while not self._queue.ended:
                events = take() or (IDLE,)
                yield [self._told(event) if isinstance(event, End) else event for event in events]
        finally:
            self._worker.stop()
            if reader is not None:
                reader.disown(self._worker.stop)
            while self._on_end is not None:  # closed before the `End` was read
                event = self._queue.get() or IDLE
                if isinstance(event, End):
                    self._told(event)

    def _told(self, end: End) -> End:
        """The `End`, once `on_end` has heard of it; that of a failure if it raises."""
        on_end, self._on_end = self._on_end, None
        try:
            if on_end is not None:
                on_end(end, self._worker.message)
        except Exception as exc:  # noqa: BLE001 - it is theirs, and may raise anything
            errors.log_failure(self._worker.run, errors.INTERNAL, exc, own=True)
            return replace(end, status="failed", error=errors.INTERNAL)
        return end


def _events_only(events: Iterator[Event | Idle]) -> Generator[Event, None, None]:
    for event in events:
        if isinstance(event, BaseEvent):
            yield event
