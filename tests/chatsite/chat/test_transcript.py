"""What a reply is besides its text."""

import pytest

from chatsite.chat.transcript import Transcript
from streaming.events import (
    Documents,
    End,
    Event,
    Output,
    Reasoning,
    Start,
    Token,
    ToolEnd,
    ToolStart,
    ToolText,
)


def test_a_transcript_adds_up_the_events() -> None:
    passage = {"id": "1", "title": "t", "source": "s", "text": "x"}
    events: list[Event] = [
        Start(run="r"),
        Reasoning("Let me "),
        Reasoning("see."),
        ToolStart("a", "add", {"x": 1}),
        ToolStart("b", "find", "y"),
        ToolEnd("b", "find", error="No."),
        ToolEnd("a", "add", output=2),
        Documents([passage]),
        Token("It is "),
        Output([{"op": "add", "path": "", "value": {"n": 1}}]),
        Output([{"op": "add", "path": "/m", "value": [2]}]),
        Token("3."),
    ]

    transcript = Transcript.of(events)

    assert transcript.text == "It is 3."
    assert transcript.details == {
        "reasoning": "Let me see.",
        "steps": [
            {"id": "a", "name": "add", "input": {"x": 1}, "output": 2},
            {"id": "b", "name": "find", "input": "y", "error": "No."},
        ],
        "documents": [passage],
        "output": {"n": 1, "m": [2]},
    }
    assert Transcript.of(events).details == transcript.details, "the events are not changed"


@pytest.mark.parametrize("value", [None, [], "", 0, False, {}])
def test_an_output_is_kept_whatever_it_is(value: object) -> None:
    assert Transcript.of([Output([{"op": "add", "path": "", "value": value}])]).details == {"output": value}


def test_a_step_has_what_was_written_for_it() -> None:
    events: list[Event] = [
        ToolStart("1", "ask", "x"),
        ToolText("no", "1"),
        ToolText("tes", "1"),
        ToolEnd("1", "ask", "notes"),
    ]

    transcript = Transcript.of(events)

    assert transcript.text == ""
    assert transcript.steps == [{"id": "1", "name": "ask", "input": "x", "text": "notes", "output": "notes"}]


def test_what_was_asked_is_kept() -> None:
    asked = [{"id": "1", "value": {"ask": "Friday?"}}]

    assert Transcript.of([End("waiting", asked=asked)]).details == {"asked": asked}


def test_a_plain_reply_has_no_details() -> None:
    assert Transcript.of([Token("Hi")]).details == {}
