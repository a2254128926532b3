"""What is stored of an event is the event, and its bytes for a reader are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming import event_json
from streaming.events import (
    Custom,
    Documents,
    End,
    Error,
    Event,
    Output,
    Reasoning,
    Start,
    Token,
    ToolEnd,
    ToolStart,
    ToolText,
    Usage,
    Writer,
)
from streaming.response import sse

EVENTS = [
    Start(run="r", conversation="c", message="m", model="x"),
    Start(run="r"),
    Token("a\nb"),
    Token("a", writer=1, by=Writer(step="s", name="left", model="m", node="n", path=("o",)), introduces=True),
    Token("b", writer=2),
    ToolText("c", "call", writer=3, by=Writer(step="t"), introduces=True),
    ToolText("d", "call", writer=3),
    Reasoning("hm"),
    ToolStart("1", "add", {"a": 1, "b": [None, 1.5, True]}),
    ToolEnd("1", "add", output={"sum": 3}),
    ToolEnd("1", "add", error="It failed."),
    Documents([{"id": "1", "title": "t", "source": "s", "text": "x"}]),
    Output([{"op": "add", "path": "/a", "value": {"z": 1, "a": 2}}]),
    Custom("search", {"progress": 40}),
    End("waiting", asked=[{"id": "1", "value": {"ask": "Friday?"}}]),
    End(status="done", finish_reason="stop", usage=Usage(1, 2, "reported")),
    End(status="failed", error=Error("internal", "Sorry.", retryable=False)),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    (back,) = event_json.loads(event_json.dumps([event]), first=7)

    assert type(back) is type(event)
    assert back.data() == event.data()
    assert back.id == 7


def test_a_key_of_an_earlier_version_is_left_out() -> None:
    (back,) = event_json.loads('[["token",{"text":"a","run":"1","name":"left"}]]', first=1)

    assert back.data() == {"text": "a"}


def test_events_are_numbered_from_the_first_on() -> None:
    back = event_json.loads(event_json.dumps([Token("a"), Token("b")]), first=3)

    assert back == [Token("a", id=3), Token("b", id=4)]


@given(st.text(st.characters(), min_size=1))
def test_any_text_is_stored_in_plain_characters_and_sent_as_before(text: str) -> None:
    stored = event_json.dumps([Token(text)])

    assert stored.isascii()
    assert "\0" not in stored
    assert sse.encode(event_json.loads(stored, first=1)[0]) == sse.encode(Token(text, id=1))
