"""Runs that outlive their readers."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from langchain_core.runnables import Runnable, RunnableLambda

from streaming import admission, runs
from streaming.admission import Admission, Busy
from streaming.event_log import EventLog
from streaming.events import End, Event, Token
from streaming.runs import Run
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Each test sees a process in which nothing runs."""
    runs._runs.clear()
    limit = Admission.server_limit
    yield
    runs._draining.clear()
    Admission.server_limit = limit
    wait_until(lambda: admission.runs.count == 0)


def start(runnable: Runnable[Any, Any], **options: Any) -> Run:
    return runs.start(runnable, "Hi", run_id=options.pop("run_id", uuid4()), place=runs.admit(), **options)


def end_of(run: Run) -> End:
    *_, end = runs.follow(run)
    assert isinstance(end, End)
    return end


def test_a_run_goes_on_without_readers_and_can_be_followed_afterwards(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    run = start(chat_model(upstream))
    wait_until(lambda: run.log.ended)

    found = runs.get(run.id)

    assert found is run
    assert [event.text for event in runs.follow(found) if isinstance(event, Token)] == ["Hel", "lo"]
    assert runs.get(UUID(int=0)) is None


def test_the_reply_is_stored_before_any_reader_sees_the_end(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    stored: list[tuple[str, str]] = []

    seen: list[Event] = []
    run = start(chat_model(upstream), before_end=lambda end, log: stored.append((end.status, log.text())))
    for event in runs.follow(run):
        if isinstance(event, End):
            assert stored == [("done", "Hello")]
            seen.append(event)

    assert len(seen) == 1


def test_a_reply_that_cannot_be_stored_is_not_shown_as_done(upstream: ScriptedUpstream) -> None:
    def broken(end: End, log: EventLog) -> None:
        raise OSError("disk full")

    upstream.enqueue(Reply("Hello"))

    end = end_of(start(chat_model(upstream), before_end=broken))

    assert end.status == "failed"
    assert end.error is not None
    assert end.error.code == "internal"


def test_stopping_ends_it_once_and_keeps_the_text(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    stored: list[tuple[str, str]] = []
    run = start(chat_model(upstream), before_end=lambda end, log: stored.append((end.status, log.text())))
    gate.wait_until_reached()
    wait_until(lambda: run.log.text() == "Hel")

    run.stop()
    run.stop()

    assert end_of(run).status == "stopped"
    assert stored == [("stopped", "Hel")]
    assert upstream.requests[0].peer_closed.wait(1)


def test_a_process_that_is_about_to_end_interrupts_its_runs_and_starts_no_more(
    upstream: ScriptedUpstream,
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    run = start(chat_model(upstream))
    gate.wait_until_reached()

    runs.drain()

    assert end_of(run).status == "interrupted"
    with pytest.raises(Busy):
        runs.admit()


def test_a_run_leaves_its_place_when_it_ends(upstream: ScriptedUpstream) -> None:
    admission.configure(max_streams=1)
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    run = start(chat_model(upstream))
    with pytest.raises(Busy):
        runs.admit()

    gate.open()
    assert end_of(run).status == "done"

    place = runs.admit()
    place.leave()
    place.leave()
    assert admission.runs.count == 0


def test_ended_runs_are_forgotten_in_the_end(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_KEPT", 1)
    upstream.enqueue(Reply("1"), Reply("2"), Reply("3"))
    ids = [uuid4() for _ in range(3)]

    for run_id in ids:
        assert end_of(start(chat_model(upstream), run_id=run_id)).status == "done"

    assert [runs.get(run_id) is not None for run_id in ids] == [False, True, True]


def test_a_run_that_was_admitted_before_the_process_began_to_leave_is_ended_too() -> None:
    go_on = threading.Event()
    place = runs.admit()
    runs.drain()

    run = runs.start(RunnableLambda(lambda _: go_on.wait(5)), "Hi", run_id=uuid4(), place=place)

    assert end_of(run).status == "interrupted"
    go_on.set()
