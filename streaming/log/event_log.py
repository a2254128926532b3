"""A run's numbered events, kept, so that any number of readers can follow them at their own pace."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial

from streaming import cancellation
from streaming.batches import Batches
from streaming.cancellation import Cancellation
from streaming.events import IDLE, BaseEvent, End, Event, Idle, Token, number
from streaming.log.sink import Sink

_GLANCE = 0.5
"""Seconds between two looks at whether the reader is still there, while a generator waits for an event."""
_Read = Callable[[int, float | None], Generator[Sequence[Event | Idle], None, None]]


class EventLog(Sink):
    """Append-only. The run never waits for readers: what it may write is bounded by the run's limits.

    Readers see an event once it is shown: here, in memory, at once; where a database holds the truth
    (`OwnedLog`, `Mirror`) when that has the event.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        """`events`, numbered from 1, are there and shown from the beginning."""
        super().__init__()
        self._events = list(events)
        self._shown = len(self._events)
        """How many of the events readers can see."""
        self._released = False

    def extend(self, events: Iterable[Event], *, first: int) -> None:
        """Add events that are numbered already, from `first` on. Those that are here, and those after a gap,
        change nothing."""
        with self._changed:
            if first == len(self._events) + 1:
                self._events += events
        self._added()

    def end(self, end: End) -> None:
        """Add the last event, unless there is one."""
        with self._changed:
            if self._has_end():
                return
            self._append(end)
        self._added()

    def end_after(self, number: int, end: End) -> bool:
        """Seal the log, forget the events after that number unless readers have seen them, and end it there.
        False if its own end is among those that stay."""
        with self._changed:
            self._sealed = True
            del self._events[max(number, self._shown) :]
            if not (has_end := self._has_end()):
                self._append(end)
            self._changed.notify_all()
            return not has_end

    def show(self, number: int) -> None:
        """Let readers see the events up to the one of that number."""
        with self._changed:
            self._shown = max(self._shown, number)
            self._changed.notify_all()

    def wait_until_shown(self, event: Event) -> bool:
        """Returns once readers can see the event; False if the log was sealed before they could."""
        with self._changed:
            self._changed.wait_for(lambda: self._shown >= event.id or self._sealed)
            return self._shown >= event.id

    def follow(self, *, after: int = 0, tick: float | None = None) -> "Following":
        """The events after the one numbered `after`, the old ones at once, then as they come; the `End`
        is the last, unless the reader is sent to read on elsewhere. With `tick`, an `IDLE` whenever
        nothing has come for so many seconds."""
        return Following(self.read, after, tick)

    def read(self, after: int, tick: float | None) -> Generator[Sequence[Event | Idle], None, None]:
        """The same as a plain generator, all that there is at a time."""
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, after), tick)
                events = self._events[after : self._shown]
                over = self.ended or self._released
            if events or not over:
                yield events or (IDLE,)
            if over:
                return
            after += len(events)

    def release(self) -> None:
        """Send all readers away without an `End`: they read on in another process, or find it there."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether the last event can be seen."""
        return bool(self._shown) and isinstance(self._events[self._shown - 1], End)

    @property
    def last_id(self) -> int:
        """The number of the newest event that can be seen."""
        return self._shown

    def has(self, number: int) -> bool:
        """Whether somebody can have seen the event of that number: in another process, before it can be seen
        here."""
        return number <= len(self._events)

    def events(self, *, up_to: int | None = None) -> list[Event]:
        """The events up to the one of that number, which somebody has seen; all that can be seen if it is
        not given."""
        with self._changed:
            return self._events[: self._shown if up_to is None else up_to]

    def unseen(self, *, after: int = 0) -> list[Event]:
        """The events that are not shown yet; of those, the ones after that number."""
        with self._changed:
            return self._events[max(self._shown, after) :]

    def text(self, *, up_to: int | None = None) -> str:
        """The reply's text in those events."""
        return "".join(event.text for event in self.events(up_to=up_to) if isinstance(event, Token))

    def _has_news(self, after: int) -> bool:
        return self._shown > after or self.ended or self._released

    def _append(self, event: Event) -> None:
        number(event, len(self._events) + 1)
        self._events.append(event)

    def _has_end(self) -> bool:
        """Whether the last event is there, shown or not. Called with the lock held."""
        return bool(self._events) and isinstance(self._events[-1], End)

    def _added(self) -> None:
        self.show(len(self._events))


class Following(Iterator[Event | Idle]):
    """The events of one log for one reader. A response makes it tick by itself."""

    def __init__(self, read: _Read, after: int, tick: float | None) -> None:
        self._read = read
        self._after = after
        self._tick = tick
        self._events: Iterator[Event | Idle] | None = None

    def __next__(self) -> Event | Idle:
        if self._events is None:
            reader = cancellation.reader.get()
            self._events = self.ticking(self._tick) if reader is None else self._while_there(reader)
        event = next(self._events)
        if isinstance(event, BaseEvent):
            self._after = event.id
        return event

    def ticking(self, tick: float | None) -> Batches:
        """The events that are still to come, with an `IDLE` whenever none has come for `tick` seconds."""
        return Batches(self._read(self._after, tick))

    def _while_there(self, reader: Cancellation) -> Iterator[Event | Idle]:
        """The same, until the reader has gone."""
        for event in self.ticking(self._tick or _GLANCE):
            if reader.cancelled:
                return
            if self._tick or isinstance(event, BaseEvent):
                yield event
