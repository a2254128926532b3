"""Events are a discriminated union: mypy knows each branch's fields, and misses the one that is left out.

What mypy finds in this module is half of the test: `make lint` has it.
"""

from typing import assert_never, get_args

import pytest

from streaming.events import (
    Custom,
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

EVENTS: list[Event] = [
    Start("run"),
    Token("text"),
    Reasoning("text"),
    ToolStart("1", "add", "input"),
    ToolText("text", "1"),
    ToolEnd("1", "add", "output"),
    Documents([]),
    Output([]),
    Custom("name", "value"),
    End("done"),
]


def by_class(event: Event) -> object:
    match event:
        case Token() | Reasoning() | ToolText():
            return event.text
        case ToolStart() | ToolEnd() | Custom():
            return event.name
        case Documents():
            return event.documents
        case Output():
            return event.patch
        case Start():
            return event.run
        case End():
            return event.status
        case _:
            assert_never(event)


def by_name(event: Event) -> object:
    if event.event == "token" or event.event == "reasoning" or event.event == "tool-text":
        return event.text
    if event.event == "tool-start" or event.event == "tool-end" or event.event == "custom":
        return event.name
    if event.event == "documents":
        return event.documents
    if event.event == "output":
        return event.patch
    if event.event == "start":
        return event.run
    if event.event == "end":
        return event.status
    assert_never(event)


def all_but_the_end(event: Event) -> object:
    if not isinstance(event, End):
        return None
    assert_never(event)  # type: ignore[arg-type]  # mypy sees that one is left


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_a_branch_for_each_event_has_its_fields(event: Event) -> None:
    assert by_class(event) == by_name(event)


def test_a_branch_that_is_missing_is_an_error() -> None:
    with pytest.raises(AssertionError):
        all_but_the_end(End("done"))


def test_the_union_is_all_that_a_run_gives_out() -> None:
    assert set(get_args(Event)) == {type(event) for event in EVENTS}
