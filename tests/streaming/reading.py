"""What tests read of a stream's events, and how they leave one."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import jsonpatch

from streaming.events import End, Event, Output, Token
from streaming.running.event_stream import EventStream
from tests.streaming.in_a_loop import InALoop
from tests.streaming.upstream.test_cancellation import WITHIN, join_all
from tests.upstream import Gate, ScriptedUpstream

E = TypeVar("E", bound=Event)


def of_kind(kind: type[E], events: Iterable[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in of_kind(Token, events))


def end_of(events: list[Event]) -> End:
    """The one End, which must be the last event."""
    ends = of_kind(End, events)
    assert ends == events[-1:]
    return ends[0]


def code_of(events: list[Event]) -> str:
    """The error code of a run that must have failed."""
    end = end_of(events)
    assert end.status == "failed"
    assert end.error is not None
    return end.error.code


def outputs_of(events: Iterable[Event]) -> list[Any]:
    """What a client has after each patch that it applies."""
    value: Any = None
    states = []
    for output in of_kind(Output, events):
        value = jsonpatch.apply_patch(value, output.patch)
        states.append(value)
    return states


def until(kind: type[E], events: Iterator[Event]) -> E:
    """Read on to the next event of a kind. What the provider said up to there has arrived, then."""
    return next(event for event in events if isinstance(event, kind))


def leave(events: EventStream | InALoop, upstream: ScriptedUpstream, gate: Gate | None = None) -> None:
    """Close a stream that has begun, while its provider stands at the gate, or writes and writes.

    Every connection to the provider must be closed in time, and nobody asked anything more.
    """
    if gate is not None:
        gate.wait_until_reached()
    asked = upstream.requests
    waiting = [request for request in asked if not request.answered.is_set()]
    assert waiting, "nothing was left to close"
    began = time.monotonic()

    events.close()

    assert all(request.peer_closed.wait(WITHIN) for request in waiting)
    assert max(request.peer_closed.at for request in waiting) - began < WITHIN
    join_all()
    assert len(upstream.requests) == len(asked)
