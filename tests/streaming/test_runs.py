"""Durable runs: they outlive their readers, and every process can follow and stop them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from langchain_core.runnables import RunnableLambda

from streaming import admission, runs
from streaming.admission import Busy
from streaming.durable.keeper import keeper
from streaming.durable.owned_runs import owned
from streaming.durable.reaper import Reaper
from streaming.events import End, Start, Token
from streaming.log.lease import Lease, lease
from streaming.log.mirror import Mirror, tail
from streaming.log.owned_log import OwnedLog
from streaming.models import LogPart, Process, Run, Times
from streaming.runs import Job, UnknownRun
from tests.streaming.durable_runs import (
    a_process,
    end_of,
    in_a_thread,
    orphan,
    read,
    start,
    stored,
    told_of_ends,
)
from tests.streaming.models import chat_model
from tests.upstream import Failure, Reply, ScriptedUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LONG = 30.0


@pytest.fixture(autouse=True)
def process(transactional_db: None) -> Iterator[None]:
    with a_process():
        yield


def elsewhere(run_id: UUID) -> Mirror:
    """The run's log, as another process has it."""
    return tail.open(Run.objects.get(pk=run_id))


def test_a_run_goes_on_without_readers_and_can_be_followed_afterwards(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    run_id = start(chat_model(upstream))
    wait_until(lambda: Run.objects.get(pk=run_id).is_over)

    events = read(run_id)

    assert [event.text for event in events if isinstance(event, Token)] == ["Hel", "lo"]
    assert events == stored(run_id)
    assert isinstance(runs.log(run_id), Mirror)
    with pytest.raises(UnknownRun):
        runs.log(UUID(int=0))


def test_a_reader_sees_nothing_that_the_database_does_not_have(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply(*"Hello"))
    run_id = start(chat_model(upstream))

    for event in runs.log(run_id).follow():
        assert event in stored(run_id)


def test_it_is_followed_in_another_process_as_in_its_own(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))
    run_id = start(chat_model(upstream))
    here = runs.log(run_id)
    there = elsewhere(run_id)
    assert isinstance(here, OwnedLog)
    assert isinstance(there, Mirror)

    live = there.follow()
    assert isinstance(next(live), Start)
    gate.open()

    assert [*here.follow()][1:] == [*live]


def test_the_reply_is_stored_with_the_end_or_not_at_all(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    with told_of_ends() as told:
        run_id = start(chat_model(upstream))
        end = end_of(run_id)

    assert told == [(run_id, end, stored(run_id))]
    assert Run.objects.get(pk=run_id).status == "done"


def test_a_reply_that_cannot_be_stored_is_not_shown_as_done(upstream: ScriptedUpstream) -> None:
    def broken(**kwargs: Any) -> None:
        raise OSError("disk full")

    upstream.enqueue(Reply("Hello"))
    with told_of_ends(broken):
        run_id = start(chat_model(upstream))
        end = end_of(run_id)

    assert (end.status, end.error and end.error.code) == ("failed", "internal")
    assert Run.objects.get(pk=run_id).status == "failed"


def test_one_that_cannot_be_stored_spoils_no_other(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = uuid4()

    def broken(run_id: UUID, **kwargs: Any) -> None:
        if run_id == bad:
            raise OSError("disk full")

    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate), Reply("b", gate))
    with told_of_ends(broken):
        ids = [start(chat_model(upstream), run_id=run_id) for run_id in (bad, uuid4())]
        gate.open()
        assert [end_of(run_id).status for run_id in ids] == ["failed", "done"]


@pytest.mark.alone
def test_stopping_ends_it_once_keeps_the_text_and_is_measured(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    with told_of_ends() as told:
        run_id = start(chat_model(upstream))
        gate.wait_until_reached()
        wait_until(lambda: runs.log(run_id).text() == "Hel")

        runs.stop(run_id)
        runs.stop(run_id)

        assert end_of(run_id).status == "stopped"
    runs.stop(run_id)
    assert len(told) == 1
    assert runs.log(run_id).text() == "Hel"
    assert upstream.requests[0].peer_closed.wait(1)
    run = Run.objects.get(pk=run_id)
    assert run.stop_requested is not None
    assert run.stopped_after_ms is not None
    assert run.stopped_after_ms < 1000


@pytest.mark.alone
def test_it_is_stopped_from_another_process(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    run_id = start(chat_model(upstream))
    gate.wait_until_reached()

    assert Run.objects.request_stop(run_id)  # as `runs.stop()` does where the run is not
    assert not Run.objects.request_stop(run_id)

    assert end_of(run_id).status == "stopped"
    assert upstream.requests[0].peer_closed.wait(1)
    assert Run.objects.get(pk=run_id).stopped_after_ms is not None


def test_it_begins_with_the_commit_or_not_at_all(upstream: ScriptedUpstream) -> None:
    run_id = uuid4()
    job = Job(runnable=chat_model(upstream), input="Hi")

    with runs.admit() as place, transaction.atomic():
        runs.start(job, run_id=run_id, place=place)
        assert not owned
        transaction.set_rollback(True)

    assert not owned
    assert not admission.runs.count
    assert not Run.objects.filter(pk=run_id).exists()
    assert not upstream.requests


@pytest.mark.parametrize(("commits", "places"), [(True, 1), (False, 0)])
def test_a_run_of_a_larger_transaction_has_a_place_once_that_commits(*, commits: bool, places: int) -> None:
    leaves = threading.Event()
    job = Job(runnable=RunnableLambda(lambda _: leaves.wait(60)), input="Hi")
    place = runs.admit()

    with transaction.atomic():
        with place:
            runs.start(job, run_id=uuid4(), place=place)
        transaction.set_rollback(not commits)

    assert admission.runs.count == places
    leaves.set()


def test_a_reply_can_begin_with_text_that_is_there_already(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("lo"))
    run_id = start(chat_model(upstream), prefix="Hel")

    assert [event.text for event in read(run_id) if isinstance(event, Token)] == ["Hel", "lo"]


def test_it_is_told_how_long_a_run_took_and_until_its_first_token(upstream: ScriptedUpstream) -> None:
    """Text that a reply begins with is not the model's."""
    told: list[Times] = []

    def take(times: Times, **kwargs: Any) -> None:
        told.append(times)

    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate, "b"), Failure(401))
    with told_of_ends(take):
        run_id = start(chat_model(upstream), prefix="Once ")
        gate.wait_until_reached()
        gate.open()
        read(run_id)
        read(start(chat_model(upstream), prefix="Once "))

    whole, silent = told
    assert whole.first_token_ms is not None
    assert whole.took_ms is not None
    assert 0 <= whole.first_token_ms <= whole.took_ms
    assert silent.first_token_ms is None
    assert silent.took_ms is not None


def test_a_process_that_is_about_to_end_sends_its_readers_away_and_lets_its_runs_go_on(
    upstream: ScriptedUpstream,
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))
    run_id = start(chat_model(upstream))
    gate.wait_until_reached()
    wait_until(lambda: runs.log(run_id).text() == "Hel")
    reading = runs.log(run_id).follow()

    runs.drain()

    assert [type(event) for event in reading] == [Start, Token]
    with pytest.raises(Busy):
        runs.admit()
    gate.open()
    wait_until(lambda: Run.objects.get(pk=run_id).status == "done")
    assert [event.text for event in stored(run_id) if isinstance(event, Token)] == ["Hel", "lo"]


@pytest.mark.alone
def test_when_the_grace_is_over_they_are_interrupted_and_the_lease_is_given_up(
    upstream: ScriptedUpstream,
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    run_id = start(chat_model(upstream))
    gate.wait_until_reached()

    assert runs.interrupt(within=5)

    assert Run.objects.get(pk=run_id).status == "interrupted"
    assert not Process.objects.exists()
    assert upstream.requests[0].peer_closed.wait(1)


def test_a_process_that_has_given_up_its_lease_starts_nothing_that_it_admitted_before() -> None:
    with runs.admit() as place:
        runs.interrupt(within=1)

        with pytest.raises(Busy):
            runs.start(Job(runnable=RunnableLambda(str), input="Hi"), run_id=uuid4(), place=place)

    assert not Run.objects.exists()


def test_who_comes_to_a_process_that_is_about_to_end_is_sent_away_as_well(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))
    run_id = start(chat_model(upstream))
    gate.wait_until_reached()
    other = orphan(Start(run="x", id=1), owner=lease.id)

    runs.drain()

    for found in (runs.log(run_id), runs.log(other.pk)):
        assert not [event for event in found.follow() if isinstance(event, End)]
    gate.open()
    wait_until(lambda: Run.objects.get(pk=run_id).is_over)
    other.delete()


def test_a_run_leaves_its_place_when_its_end_is_stored(upstream: ScriptedUpstream) -> None:
    admission.configure(max_streams=1)
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    run_id = start(chat_model(upstream))
    with pytest.raises(Busy):
        runs.admit()

    gate.open()
    assert end_of(run_id).status == "done"

    wait_until(lambda: admission.runs.count == 0)
    runs.admit().leave()


@pytest.mark.alone
def test_a_run_whose_row_was_deleted_ends_without_a_trace(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate, "b", "c"))
    run_id = start(chat_model(upstream))
    reading = runs.log(run_id).follow()
    next(reading)
    gate.wait_until_reached()

    Run.objects.filter(pk=run_id).delete()
    gate.open()

    list(reading)
    wait_until(lambda: not owned)
    assert upstream.requests[0].peer_closed.wait(1)
    assert not stored(run_id)


def test_a_run_can_be_deleted_while_its_events_are_committed() -> None:
    run = Run.objects.create(pk=uuid4(), owner=uuid4())
    waits = threading.Event()

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if sql.startswith('DELETE FROM "streaming_run"') or "FOR UPDATE" in sql:
            waits.set()
        return execute(sql, *arguments)

    def delete() -> None:
        if connection.vendor == "sqlite":  # which has one writer: it waits before its first statement
            waits.set()
        with connection.execute_wrapper(note):
            Run.objects.filter(pk=run.pk).delete()

    with suppress(IntegrityError), transaction.atomic():  # there may be no run any more
        LogPart.of(run.pk, [Start(run=str(run.pk), id=1)]).save()
        deleting = in_a_thread(delete)
        assert waits.wait(LONG)
    deleting.join()

    assert not Run.objects.exists()
    assert not LogPart.objects.exists()


def test_a_process_that_ends_takes_no_other_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, gate = threading.Event(), threading.Event()

    def look(self: Reaper) -> None:
        at_work.set()
        gate.wait(LONG)
        lease.take()  # as it does before it looks the next time

    with runs.admit():
        pass
    monkeypatch.setattr(Reaper, "look", look)
    keeper.attend()
    assert at_work.wait(LONG)

    ending = in_a_thread(lambda: runs.interrupt(within=LONG))
    wait_until(lambda: not keeper._thread.runs)
    gate.set()
    ending.join()
    for thread in threading.enumerate():
        if thread.name == "streaming-keeper":
            thread.join()

    assert lease.id is None
    assert not Process.objects.exists()


@pytest.mark.alone
def test_a_process_that_was_taken_for_dead_writes_nothing_more(upstream: ScriptedUpstream) -> None:
    gates = [upstream.gate(), upstream.gate()]
    upstream.enqueue(Reply("a", gates[0], "b"), Reply("silent", gates[1]), Reply("new"))
    run_id, silent = start(chat_model(upstream)), None
    gates[0].wait_until_reached()
    silent = start(chat_model(upstream))
    gates[1].wait_until_reached()
    wait_until(lambda: runs.log(run_id).text() == "a" and runs.log(silent).text() == "silent")
    reading = runs.log(run_id).follow(after=2)
    zombie = lease.id

    Process.objects.all().delete()  # as a reaper does
    gates[0].open()

    assert list(reading) == []
    wait_until(lambda: not owned)
    assert end_of(run_id).status == "interrupted"  # by whoever took it: here, this very process
    assert [event.text for event in stored(run_id) if isinstance(event, Token)] == ["a"]
    assert upstream.requests[1].peer_closed.wait(1)
    assert end_of(start(chat_model(upstream))).status == "done"
    assert lease.id not in (zombie, None)


def test_a_lease_that_is_lost_between_the_place_and_the_run_is_taken_again(
    upstream: ScriptedUpstream,
) -> None:
    upstream.enqueue(Reply("Yes."))
    with runs.admit() as place:
        held = lease.id
        assert held is not None
        Process.objects.all().delete()
        lease.lost(held)  # as the keeper finds out
        run_id = uuid4()
        runs.start(Job(runnable=chat_model(upstream), input="Hi"), run_id=run_id, place=place)

    assert end_of(run_id).status == "done"


def test_a_stop_from_elsewhere_is_looked_for_as_soon_as_a_run_begins(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.durable.keeper.BEAT", 60.0)  # for which a keeper without runs sleeps
    upstream.enqueue(Reply("a", upstream.gate()))
    run_id = start(chat_model(upstream))
    wait_until(lambda: runs.log(run_id).text() == "a")

    Run.objects.request_stop(run_id)  # as another process does

    assert end_of(run_id).status == "stopped"


def test_many_runs_are_committed_together(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[object] = []
    beat = Lease.beat

    def counting(lease: Lease) -> bool:
        if threading.current_thread().name == "streaming-log-writer":
            beats.append(lease)
        return beat(lease)

    gate = upstream.gate()
    upstream.enqueue(*(Reply(gate, *"Hello") for _ in range(20)))
    ids = [start(chat_model(upstream)) for _ in range(20)]
    wait_until(lambda: len(upstream.requests) == 20)
    wait_until(lambda: all(runs.log(run_id).last_id == 1 for run_id in ids))
    monkeypatch.setattr(Lease, "beat", counting)  # once in each commit
    gate.open()

    assert {end_of(run_id).status for run_id in ids} == {"done"}
    assert len(beats) < 20 * 6  # tokens and ends


def test_many_readers_of_a_run_elsewhere_share_one_mirror(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))
    run_id = start(chat_model(upstream))
    found: list[object] = []
    for thread in [in_a_thread(lambda: found.append(elsewhere(run_id))) for _ in range(8)]:
        thread.join(60)

    assert len({id(log) for log in found}) == 1
    gate.open()
    assert end_of(run_id).status == "done"


def test_a_database_that_was_emptied_takes_the_next_run() -> None:
    for _ in range(2):  # as two tests in a TransactionTestCase do
        run_id = runs.start(Job(runnable=RunnableLambda(str), input="Hi"))
        assert end_of(run_id).status == "done"
        wait_until(lambda: not owned)
        Run.objects.all().delete()
        Process.objects.all().delete()
