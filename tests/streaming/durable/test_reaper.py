"""What becomes of the runs of processes that have died."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from streaming import admission, runs
from streaming.callbacks.steps import StepFilter
from streaming.durable.keeper import Keeper
from streaming.durable.owned_runs import OwnedRun
from streaming.durable.reaper import Reaper
from streaming.events import End, Start, Token, ToolStart
from streaming.log.lease import lease
from streaming.log.pid_space import has_gone, pid_space
from streaming.models import LogPart, Process, Run
from streaming.runs import Job
from tests.streaming.durable_runs import (
    a_process,
    dead_process,
    end_of,
    in_a_thread,
    orphan,
    stored,
    told_of_ends,
)
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
BEGUN = Start(run="x", id=1)
TEXT = Token("Hel", id=2)

jobs: list[Job] = []
"""How the orphans of a test can be run again, if they can."""


def make_again(run_id: UUID) -> Job | None:
    """What STREAMING["RERUN"] names here."""
    return jobs[0] if jobs else None


def make_again_and_stop(run_id: UUID) -> Job | None:
    """A person asks to stop it in that moment."""
    Run.objects.request_stop(run_id)
    return make_again(run_id)


@pytest.fixture(autouse=True)
def process(transactional_db: None, settings: Any) -> Iterator[None]:
    jobs.clear()
    settings.STREAMING = {**settings.STREAMING, "RERUN": f"{__name__}.make_again"}
    with a_process():
        yield


def again(upstream: ScriptedUpstream) -> None:
    """There is a way to run it again."""
    jobs.append(Job(runnable=chat_model(upstream), input="Hi"))


def test_a_run_whose_process_has_died_is_interrupted_with_its_text() -> None:
    run = orphan(BEGUN, TEXT)
    with told_of_ends() as told:
        Reaper().look()
        Reaper().look()

    end = End(status="interrupted", id=3)
    assert stored(run.pk) == [BEGUN, TEXT, end]
    assert told == [(run.pk, end, [BEGUN, TEXT, end])]
    assert Run.objects.get(pk=run.pk).status == "interrupted"
    assert end_of(run.pk) == end


@pytest.mark.parametrize("has_runs", [True, False])
def test_a_process_that_left_no_run_is_not_worth_a_warning(
    has_runs: bool, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.STREAMING = {**settings.STREAMING, "LEASE": 0.1}
    gone = dead_process(pk=uuid4())
    if has_runs:
        orphan(BEGUN, TEXT, owner=gone.pk)
    reaper = Reaper()

    def is_fenced() -> bool:
        reaper.look()
        return not Process.objects.filter(pk=gone.pk).exists()

    wait_until(is_fenced)

    assert (f"process {gone.pk} has died" in caplog.text) is has_runs


def test_one_that_a_person_has_stopped_is_stopped_and_not_run_again(upstream: ScriptedUpstream) -> None:
    again(upstream)
    run = orphan(BEGUN, stop_requested=timezone.now())

    Reaper().look()

    assert end_of(run.pk).status == "stopped"
    assert not upstream.requests


@pytest.mark.parametrize("events", [(), (BEGUN,)], ids=["nothing", "only the start"])
def test_one_that_has_shown_nothing_is_run_again_once(
    events: tuple[Start, ...], upstream: ScriptedUpstream
) -> None:
    again(upstream)
    upstream.enqueue(Reply("Hel", "lo"))
    run = orphan(*events)

    Reaper().look()

    assert end_of(run.pk).status == "done"
    assert [type(event) for event in stored(run.pk)] == [Start, Token, Token, End]
    found = Run.objects.get(pk=run.pk)
    assert (found.attempt, found.owner) == (2, lease.id)


def test_one_that_has_cost_two_processes_their_life_is_not_given_to_a_third(
    upstream: ScriptedUpstream,
) -> None:
    again(upstream)
    run = orphan(BEGUN, attempt=2)

    Reaper().look()

    assert end_of(run.pk).status == "interrupted"


@pytest.mark.parametrize("event", [TEXT, ToolStart("1", "mail", id=2)], ids=["text", "a tool was called"])
def test_one_of_which_anything_was_seen_is_not_run_again(
    event: Token | ToolStart, upstream: ScriptedUpstream
) -> None:
    again(upstream)
    run = orphan(BEGUN, event)

    Reaper().look()

    assert end_of(run.pk).status == "interrupted"


HIDING_TOOLS = [
    {"exclude_types": ["tool"]},
    {"exclude_tags": ["quiet"]},
    {"exclude_names": ["mail"]},
    {"include_types": ["chat_model"]},
    {"include_names": ["ChatOpenAI"]},
]
SHOWING_THEM: list[dict[str, list[str]]] = [
    {},
    {"include_types": ["chat_model", "tool"]},
    {"exclude_types": ["chain"]},
]


@pytest.mark.parametrize("filters", HIDING_TOOLS + SHOWING_THEM)
def test_one_whose_log_does_not_tell_of_tools_is_not_run_again(
    filters: dict[str, list[str]], upstream: ScriptedUpstream
) -> None:
    jobs.append(Job(runnable=chat_model(upstream), input="Hi", wanted=StepFilter(**filters)))
    if filters in SHOWING_THEM:
        upstream.enqueue(Reply("Hello"))
    run = orphan(BEGUN)

    Reaper().look()

    assert end_of(run.pk).status == ("done" if filters in SHOWING_THEM else "interrupted")


def test_one_that_a_person_stops_while_it_is_found_is_not_run_again(
    settings: Any, upstream: ScriptedUpstream
) -> None:
    settings.STREAMING = {**settings.STREAMING, "RERUN": f"{__name__}.make_again_and_stop"}
    again(upstream)
    run = orphan(BEGUN)
    reaper = Reaper()

    reaper.look()
    reaper.look()

    assert end_of(run.pk).status == "stopped"
    assert not upstream.requests
    assert not admission.runs.count


def test_one_that_begins_late_after_all_is_run_once(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))
    owner = lease.take()
    run = Run.objects.create(pk=uuid4(), owner=owner)
    job = Job(runnable=chat_model(upstream), input="Hi")
    found, late = (OwnedRun(job, run_id=run.pk, owner=owner, place=runs.admit()) for _ in range(2))

    found.begin()
    gate.wait_until_reached()
    late.begin()
    gate.open()

    assert end_of(run.pk).status == "done"
    assert len(upstream.requests) == 1
    wait_until(lambda: not admission.runs.count)


def test_one_that_nobody_knows_how_to_run_is_interrupted() -> None:
    run = orphan(BEGUN)

    Reaper().look()

    assert end_of(run.pk).status == "interrupted"


def test_one_for_which_there_is_no_room_waits_for_a_while(upstream: ScriptedUpstream) -> None:
    again(upstream)
    upstream.enqueue(Reply("Hello"))
    run = orphan(BEGUN)
    admission.configure(max_streams=1)
    reaper = Reaper()

    with admission.runs.enter():
        reaper.look()
    assert not Run.objects.get(pk=run.pk).is_over
    reaper.look()

    assert end_of(run.pk).status == "done"


def test_of_several_that_reap_at_once_one_ends_it() -> None:
    orphans = [orphan(BEGUN, TEXT) for _ in range(5)]
    with told_of_ends() as told:
        for thread in [in_a_thread(lambda: Reaper().look()) for _ in range(4)]:
            thread.join(60)
            assert not thread.is_alive()

    assert sorted(str(run_id) for run_id, _, _ in told) == sorted(str(run.pk) for run in orphans)
    for run in orphans:
        assert [type(event) for event in stored(run.pk)] == [Start, Token, End]


def test_a_process_that_beats_lives_and_one_that_has_not_for_the_lease_is_dead(settings: Any) -> None:
    silent, alive = dead_process(), dead_process()
    for process in (silent, alive):
        Run.objects.create(pk=uuid4(), owner=process.pk)
    settings.STREAMING = {**settings.STREAMING, "LEASE": 0.05}
    reaper = Reaper()

    def look() -> bool:
        Process.objects.filter(pk=alive.pk).update(beat=timezone.now().microsecond + 1)
        reaper.look()
        return not Process.objects.filter(pk=silent.pk).exists()

    wait_until(look)

    assert Process.objects.filter(pk=alive.pk).exists()
    assert set(Run.objects.values_list("owner", "status")) == {
        (silent.pk, "interrupted"),
        (alive.pk, "running"),
    }


def test_the_time_in_which_nobody_could_be_seen_does_not_count(settings: Any) -> None:
    dead_process()
    settings.STREAMING = {**settings.STREAMING, "LEASE": 1000}
    reaper = Reaper()
    reaper.look()
    settings.STREAMING = {**settings.STREAMING, "LEASE": 1e-9}

    reaper.forget()
    reaper.look()

    assert Process.objects.count() == 1  # the first look of a new watch


def test_a_process_of_this_machine_that_has_gone_is_dead_at_once() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = Process.objects.create(host="here", pid=gone.pid, pid_space=pid_space())
    run = Run.objects.create(pk=uuid4(), owner=dead.pk)

    Reaper().look()

    assert Run.objects.get(pk=run.pk).status == "interrupted"
    assert not has_gone(gone.pid, "another machine")
    assert not has_gone(gone.pid, "")


def test_its_own_lease_is_never_taken(settings: Any) -> None:
    settings.STREAMING = {**settings.STREAMING, "LEASE": 1e-9}
    runs.admit().leave()
    reaper = Reaper()

    reaper.look()
    reaper.look()

    assert lease.id in Process.objects.values_list("pk", flat=True)


def test_the_end_of_a_zombie_does_not_count() -> None:
    run = orphan(BEGUN, TEXT)
    Reaper().look()

    assert not run.end(End(status="done", id=3), [])

    assert Run.objects.get(pk=run.pk).status == "interrupted"
    assert LogPart.objects.filter(run=run).count() == 2


@pytest.mark.parametrize("raised", [ValueError, IntegrityError])
def test_one_that_cannot_be_stored_keeps_no_other_from_its_end_and_ends_itself(
    raised: type[Exception],
) -> None:
    poisoned, other = orphan(BEGUN, TEXT), orphan(BEGUN, TEXT)

    def broken(run_id: UUID, **kwargs: Any) -> None:
        if run_id == poisoned.pk:
            raise raised

    with told_of_ends(broken):
        Reaper().look()

    assert [end_of(run.pk).status for run in (poisoned, other)] == ["interrupted", "interrupted"]


def test_one_that_somebody_else_has_locked_holds_up_no_other() -> None:
    locked, *others = [orphan(BEGUN, TEXT) for _ in range(3)]

    def refuse(run_id: UUID, **kwargs: Any) -> None:
        if run_id == locked.pk:
            raise OperationalError("canceling statement due to lock timeout")

    with told_of_ends(refuse):
        Reaper().look()

    assert [end_of(run.pk).status for run in others] == ["interrupted", "interrupted"]
    assert not Run.objects.get(pk=locked.pk).is_over
    Reaper().look()
    assert end_of(locked.pk).status == "interrupted"


def test_many_are_seen_to_in_several_looks() -> None:
    for _ in range(25):
        orphan(BEGUN, TEXT)
    reaper = Reaper()
    looks = 0
    while looks == 0 or reaper.has_more:
        reaper.look()
        looks += 1

    assert looks == 3
    assert not Run.objects.going_on().exists()


def test_one_whose_log_cannot_be_read_ends_all_the_same() -> None:
    run = orphan(BEGUN)
    LogPart.objects.create(run=run, first=2, events='[["of-a-newer-version",{}]]')

    Reaper().look()

    assert Run.objects.get(pk=run.pk).status == "interrupted"


def test_a_run_of_this_process_that_it_does_not_know_is_seen_to(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("streaming.durable.reaper._MISLAID", 0)
    run = orphan(BEGUN, TEXT, owner=lease.take())
    reaper = Reaper()

    reaper.look()
    assert not Run.objects.get(pk=run.pk).is_over  # it may be about to begin
    reaper.look()

    assert end_of(run.pk).status == "interrupted"
    assert f"run {run.pk} has ended, because it never began here" in caplog.text


def test_after_a_gap_in_its_own_view_nobody_is_taken_for_dead(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMING = {**settings.STREAMING, "LEASE": 1000}
    now = [0.0]
    monkeypatch.setattr("streaming.durable.reaper.time.monotonic", lambda: now[0])
    silent = dead_process()
    keeper = Keeper()
    keeper._watch()
    now[0] = 2000.0  # all processes were frozen, and this one is the first that goes on

    keeper._watch()

    assert Process.objects.filter(pk=silent.pk).exists()
