"""What every log keeps to, in memory, where it is written, and in another process.

tests/streaming/log/test_other_stores.py runs this file over the other databases, and with Redis.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection

from streaming.cancellation import Cancelled
from streaming.events import (
    IDLE,
    BaseEvent,
    End,
    Event,
    Idle,
    Output,
    Reasoning,
    Start,
    Token,
    ToolEnd,
    ToolStart,
)
from streaming.log.event_log import EventLog
from streaming.log.lease import lease
from streaming.log.log_writer import log_writer
from streaming.log.mirror import tail
from streaming.log.owned_log import OwnedLog
from streaming.models import Run
from tests.streaming.durable_runs import a_process, in_a_thread
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class BackEnd:
    """A log to write to, and how its readers see it."""

    log: EventLog
    elsewhere: bool = False

    def write(self, *events: Event) -> None:
        """Put events, and wait until they can be seen where the run is."""
        for event in events:
            if isinstance(event, End):
                self.log.seal()
                self.log.end(event)
            else:
                self.log.put(event)
        last = events[-1].id
        wait_until(lambda: self.log.last_id >= last)

    def reader(self) -> EventLog:
        """The log as a reader gets it, who comes now."""
        if isinstance(self.log, OwnedLog) and self.elsewhere:
            return tail.open(Run.objects.get(pk=self.log.run_id))
        return self.log


@pytest.fixture(params=["in memory", "in its process", "in another process"])
def back_end(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[BackEnd]:
    with a_process():
        if request.param == "in memory":
            yield BackEnd(EventLog())
            return
        owner = lease.take()
        run = Run.objects.create(pk=uuid4(), owner=owner)
        log = OwnedLog(run.pk, owner=owner, on_added=log_writer.wake, on_over=lambda: None)
        yield BackEnd(log, elsewhere=request.param == "in another process")
        if log.seal():
            log.end(End(status="interrupted"))
        wait_until(lambda: log.ended)


def whole_run() -> list[Event]:
    """One of many kinds of events, with text that stores and encodings stumble over."""
    return [
        Start(run="r", model="m"),
        Reasoning("hm\n"),
        ToolStart("1", "add", {"a": 1}),
        ToolEnd("1", "add", output=[1, None]),
        Token("a\r\n\n: event: end"),
        Token("\u2028 😀 \ufffd"),
        Output([{"op": "add", "path": "", "value": {"z": 1, "a": "\0"}}]),
        Token("z"),
        End(status="done", finish_reason="stop"),
    ]


def test_events_are_numbered_from_1_without_gaps(back_end: BackEnd) -> None:
    back_end.write(*whole_run())

    events = [event for event in back_end.reader().follow() if isinstance(event, BaseEvent)]

    assert [event.id for event in events] == list(range(1, 10))
    assert [event.data() for event in events] == [event.data() for event in whole_run()]
    assert [type(event) for event in events] == [type(event) for event in whole_run()]


@pytest.mark.parametrize("after", range(10))
def test_a_reader_who_comes_back_gets_every_later_event_once(back_end: BackEnd, after: int) -> None:
    back_end.write(*whole_run())

    assert list(back_end.reader().follow(after=after)) == list(back_end.reader().follow())[after:]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_it_is_replayed_then_live_up_to_the_end(back_end: BackEnd, after: int) -> None:
    back_end.write(Start(run="r"), Token("a"))
    live = back_end.reader().follow(after=after)
    seen = [next(live) for _ in range(2 - after)]

    back_end.write(Token("b"))
    seen.append(next(live))
    back_end.write(End(status="done"))

    assert [*seen, *live] == list(back_end.reader().follow())[after:]


def test_readers_at_their_own_pace_get_the_same(back_end: BackEnd) -> None:
    got: list[list[Event | Idle]] = [[] for _ in range(5)]

    def read(own: list[Event | Idle]) -> None:
        log = back_end.reader()
        connection.close()  # as a response does before it streams
        own.extend(log.follow())

    back_end.write(Start(run="r"))
    readers = [in_a_thread(partial(read, own)) for own in got]
    for number in range(50):
        back_end.log.put(Token(str(number)))
    back_end.write(End(status="done"))

    for reader in readers:
        reader.join(60)
        assert not reader.is_alive()
    assert all(own == got[0] for own in got)
    assert len(got[0]) == 52


def test_what_can_be_seen_is_only_what_was_stored(back_end: BackEnd) -> None:
    back_end.write(Start(run="r"), Token("Hel"), Token("lo"))
    reader = back_end.reader()

    assert (reader.last_id, reader.text(), reader.text(up_to=2), reader.ended) == (3, "Hello", "Hel", False)
    assert list(reader.events(up_to=2)) == list(reader.events())[:2]


def test_nothing_follows_the_end_and_only_one_may_write_it(back_end: BackEnd) -> None:
    back_end.write(Token("a"))
    assert back_end.log.seal()
    assert not back_end.log.seal()
    with pytest.raises(Cancelled):
        back_end.log.put(Token("late"))
    back_end.log.end(End(status="stopped"))
    wait_until(lambda: back_end.log.ended)

    assert list(back_end.reader().follow()) == [Token("a", id=1), End(status="stopped", id=2)]


def test_a_reader_with_a_tick_hears_that_nothing_came(back_end: BackEnd) -> None:
    back_end.write(Start(run="r"))
    live = back_end.reader().follow(after=1, tick=0.01)

    assert next(live) is IDLE
    back_end.write(Token("a"))

    assert next(event for event in live if event is not IDLE) == Token("a", id=2)


def test_readers_can_be_sent_away_and_read_on_elsewhere(back_end: BackEnd) -> None:
    back_end.write(Start(run="r"), Token("a"))
    reader = back_end.reader()
    live = reader.follow()

    reader.release()

    assert len(list(live)) == 2
