"""Logs of runs elsewhere, where something goes wrong with one."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from streaming import runs
from streaming.events import Event, Idle, Start, Token
from streaming.log.mirror import Mirror, Tail
from streaming.models import LogPart, Run
from tests.streaming.durable_runs import a_process, dead_process, in_a_thread, orphan
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
BEGUN = Start(run="x", id=1)


@pytest.fixture(autouse=True)
def process(transactional_db: None) -> Iterator[None]:
    with a_process():
        yield


def run_elsewhere() -> Run:
    return orphan(BEGUN, owner=dead_process().pk)


def test_who_comes_from_the_runs_own_process_finds_all_that_was_seen_there() -> None:
    run = run_elsewhere()
    first = runs.log(run.pk)
    for number in range(2, 22):
        LogPart.of(run.pk, [Token("x", id=number)]).save()

        assert runs.log(run.pk).last_id == number

    assert runs.log(run.pk) is first


def test_of_two_who_come_at_once_the_second_finds_all_that_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_elsewhere()
    tail = Tail()
    earlier = Mirror(run.pk, [BEGUN])
    LogPart.of(run.pk, [Token("x", id=2)]).save()

    def second(run_id: UUID, events: list[Event]) -> Mirror:
        tail._mirrors[run.pk] = earlier  # in the middle of the second's opening
        return Mirror(run_id, events)

    monkeypatch.setattr("streaming.log.mirror.Mirror", second)

    assert tail.open(run) is earlier
    assert earlier.last_id == 2


def test_one_that_cannot_be_read_holds_up_no_other() -> None:
    bad, good = run_elsewhere(), run_elsewhere()
    unreadable, log = runs.log(bad.pk), runs.log(good.pk)
    LogPart.objects.create(run=bad, first=2, events='[["of-a-newer-version",{}]]')

    assert list(unreadable.follow()) == [BEGUN]  # its readers are sent away
    LogPart.of(good.pk, [Token("x", id=2)]).save()

    wait_until(lambda: log.last_id == 2)


def test_readers_of_a_run_that_is_deleted_are_sent_away() -> None:
    run = run_elsewhere()
    log = runs.log(run.pk)
    seen: list[Event | Idle] = []
    reader = in_a_thread(lambda: seen.extend(log.follow()))

    run.delete()

    reader.join(60)
    assert not reader.is_alive()
    assert seen == [BEGUN]
