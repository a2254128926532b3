"""A run's log: numbered, followed by many, sealed once."""

import threading

import pytest

from streaming.cancellation import Cancelled
from streaming.events import IDLE, End, Token
from streaming.log.event_log import EventLog
from streaming.running.event_queue import EventQueue


@pytest.fixture(params=[EventLog, lambda: EventQueue(size=10)], ids=["log", "queue"])
def sink(request: pytest.FixtureRequest) -> EventLog | EventQueue:
    made: EventLog | EventQueue = request.param()
    return made


def test_events_are_numbered_from_1_without_gaps(sink: EventLog | EventQueue) -> None:
    sink.put(Token("a"))
    sink.put(Token("b"))
    assert sink.seal()
    sink.end(End(status="done"))

    if isinstance(sink, EventLog):
        events = list(sink.follow())
    else:
        events = [event for _ in range(3) if (event := sink.get(0))]
    assert events == [Token("a", id=1), Token("b", id=2), End(status="done", id=3)]


def test_only_the_first_to_seal_may_end_it_and_nothing_follows(sink: EventLog | EventQueue) -> None:
    assert sink.seal()
    assert not sink.seal()
    with pytest.raises(Cancelled):
        sink.put(Token("late"))


def test_a_follower_gets_the_old_events_then_the_live_ones_then_the_end() -> None:
    log = EventLog()
    log.put(Token("a"))
    events = log.follow()
    assert next(events) == Token("a", id=1)

    log.put(Token("b"))
    log.put(Token("c"))
    assert [next(events), next(events)] == [Token("b", id=2), Token("c", id=3)]

    log.seal()
    log.end(End(status="stopped"))
    assert list(events) == [End(status="stopped", id=4)]


@pytest.mark.parametrize("after", range(4))
def test_a_follower_may_begin_after_any_event(after: int) -> None:
    log = EventLog()
    log.put(Token("a"))
    log.put(Token("b"))
    log.seal()
    log.end(End(status="done"))

    assert list(log.follow(after=after)) == list(log.follow())[after:]


def test_a_follower_with_a_tick_hears_that_nothing_came() -> None:
    log = EventLog()
    events = log.follow(tick=0.01)

    assert next(events) is IDLE
    log.put(Token("a"))
    assert next(event for event in events if event is not IDLE) == Token("a", id=1)


def test_a_follower_ticks_from_where_it_is() -> None:
    log = EventLog([Token("a", id=1), Token("b", id=2)])
    events = log.follow()
    assert next(events) == Token("a", id=1)

    ticking = events.ticking(0.01)

    assert [next(ticking), next(ticking)] == [Token("b", id=2), IDLE]


def test_a_follower_is_woken_by_the_event_and_does_not_wait_for_its_tick() -> None:
    log = EventLog()
    events = log.follow(tick=60)
    woken = threading.Thread(target=lambda: next(events), daemon=True)
    woken.start()

    log.put(Token("a"))

    woken.join(60)
    assert not woken.is_alive()


def test_the_text_up_to_an_event_is_that_of_its_tokens() -> None:
    log = EventLog()
    for text in "abc":
        log.put(Token(text))

    assert (log.text(), log.text(up_to=2), log.last_id) == ("abc", "ab", 3)


def test_a_full_queue_makes_its_producer_wait_until_there_is_room() -> None:
    queue = EventQueue(size=1)
    queue.put(Token("a"))
    producer = threading.Thread(target=queue.put, args=(Token("b"),), daemon=True)
    producer.start()

    assert queue.get(5) == Token("a", id=1)
    assert queue.get(5) == Token("b", id=2)
    producer.join(60)


def test_the_end_has_room_in_a_full_queue() -> None:
    queue = EventQueue(size=1)
    queue.put(Token("a"))
    queue.seal()

    queue.end(End(status="failed"))

    assert [queue.get(0), queue.get(0)] == [Token("a", id=1), End(status="failed", id=2)]


def test_an_empty_queue_says_so_in_time() -> None:
    assert EventQueue(size=1).get(0.01) is None
