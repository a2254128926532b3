"""What the log writer does when the database cannot be written to."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, InternalError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from streaming import runs
from streaming.durable.owned_runs import owned
from streaming.events import IDLE, BaseEvent, End, Event, Start, Token, ToolStart
from streaming.load import Load
from streaming.log import verdict
from streaming.log.commit import Committer
from streaming.log.lease import Lease, lease
from streaming.log.log_writer import LogWriter, log_writer
from streaming.log.owned_log import OwnedLog
from streaming.models import LogPart, Run
from tests.streaming.durable_runs import a_process, end_of, in_a_thread, start, stored, told_of_ends
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def process(transactional_db: None) -> Iterator[None]:
    with a_process():
        yield


def written_by_hand(run_id: UUID) -> OwnedLog:
    """The log of a run of this process, which the log writer is not told of."""
    return OwnedLog(run_id, owner=lease.take(), on_added=lambda log: None, on_over=lambda: None)


class Outage:
    """No commit succeeds while it lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: type[DatabaseError]) -> None:
        self.refused = threading.Semaphore(0)
        self._lasts = True
        beat = Lease.beat

        def refuse(lease: Lease) -> bool:
            if self._lasts:
                self.refused.release()
                raise error("disk full")
            return beat(lease)

        monkeypatch.setattr(Lease, "beat", refuse)

    def end(self) -> None:
        self._lasts = False


@pytest.mark.parametrize("error", [OperationalError, InternalError])  # the latter: a server that only reads
def test_what_cannot_be_stored_now_waits_unseen_and_nothing_of_it_is_lost(
    error: type[DatabaseError],
    upstream: ScriptedUpstream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, *"lo, world"))
    run_id = start(chat_model(upstream))
    log = runs.log(run_id)
    wait_until(lambda: log.text() == "Hel")
    outage = Outage(monkeypatch, error)
    gate.open()
    for _ in range(3):
        assert outage.refused.acquire(timeout=60)
    wait_until(log.unseen)
    seen: list[Event] = []
    reader = in_a_thread(lambda: seen.extend(event for event in log.follow() if isinstance(event, BaseEvent)))

    assert log.text() == "Hel"
    outage.end()
    reader.join(60)

    assert not reader.is_alive()
    assert "".join(event.text for event in seen if isinstance(event, Token)) == "Hello, world"
    assert seen == stored(run_id)
    assert Run.objects.get(pk=run_id).status == "done"
    said = [record for record in caplog.records if "kept in memory" in record.message]
    assert len(said) == 1  # an outage, not each try


def disk_is_full() -> OperationalError:
    """As SQLite says it."""
    error, cause = OperationalError(), sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.__cause__ = cause
    return error


@contextmanager
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """SQLite refuses what the log writer has, because the file may not grow: as on a full disk (SQLITE_FULL),
    but that it can still change what fits into the pages that there are. Counts the tries."""
    tries = threading.Semaphore(0)
    beat = Lease.beat

    def beat_without_room(lease: Lease) -> bool:
        if threading.current_thread().name == "streaming-log-writer":
            tries.release()
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA max_page_count = 1")  # that is: no more than there are
        return beat(lease)

    with monkeypatch.context() as patch:
        patch.setattr(Lease, "beat", beat_without_room)
        yield tries


def test_what_a_full_disk_refuses_waits_however_often_it_is_refused(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "REFUSALS", 0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # or there would be pages that nothing is in
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo" * 50_000))
    run_id = start(chat_model(upstream))
    log = runs.log(run_id)
    wait_until(lambda: log.text() == "Hel")
    with no_room(monkeypatch) as tries:
        gate.open()
        for _ in range(4):
            assert tries.acquire(timeout=60)
        assert log.text() == "Hel"

    assert end_of(run_id).status == "done"
    assert log.text() == "Hel" + "lo" * 50_000


def test_a_full_disk_takes_what_still_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = lease.take()
    ids = [Run.objects.create(pk=uuid4(), owner=owner).pk for _ in range(3)]
    small, large, other = logs = [written_by_hand(run_id) for run_id in ids]
    for log in logs:
        log.put(Token("Hello"))

    def part_that_has_room(run_id: UUID, events: list[Event]) -> LogPart:
        if run_id == large.run_id:
            raise disk_is_full()
        return part_of(run_id, events)

    part_of = LogPart.of
    monkeypatch.setattr(LogPart, "of", part_that_has_room)

    assert list(Committer().commit(logs)) == [large]

    assert (small.text(), large.text(), other.text()) == ("Hello", "", "Hello")


def test_what_is_put_off_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    a, b, refused, c, d = (written_by_hand(uuid4()) for _ in range(5))
    now, room = [0.0], threading.Event()
    tries: list[OwnedLog] = []
    committed: list[OwnedLog] = []

    def commit(logs: Sequence[OwnedLog]) -> Mapping[OwnedLog, Exception]:
        tries.extend(logs)
        kept = dict.fromkeys(logs, disk_is_full()) if refused in logs and not room.is_set() else {}
        committed.extend(log for log in logs if log not in kept)
        return kept

    writer = LogWriter(commit, clock=lambda: now[0])
    writer.wake(refused)
    wait_until(lambda: tries)

    for log in (a, b, refused, c):
        writer.wake(log)
        wait_until(lambda log=log: log is refused or log in committed)  # type: ignore[misc]
    assert tries.count(refused) == 1
    room.set()
    now[0] += 3600
    writer.wake(d)
    wait_until(lambda: len(committed) == 5)

    assert committed == [a, b, c, refused, d]
    assert len([record for record in caplog.records if "kept in memory" in record.message]) == 1


@contextmanager
def lost_answers(monkeypatch: pytest.MonkeyPatch, *, end: bool) -> Iterator[list[str]]:
    """The next commit, or the one with the `end`, is made, and its process does not learn of it."""
    lost: list[str] = []

    @contextmanager
    def atomic() -> Iterator[None]:
        with transaction.atomic():
            yield
        if not lost and end == LogPart.objects.filter(events__contains='"end"').exists():
            lost.append("answer")
            raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr("streaming.log.commit.transaction", SimpleNamespace(atomic=atomic))
        yield lost


@pytest.mark.parametrize("end", [False, True], ids=["in the middle", "with the end"])
def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, *, end: bool
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("H", "e", gate, *"llo"))
    with lost_answers(monkeypatch, end=end) as lost, told_of_ends() as told:
        run_id = start(chat_model(upstream))
        log = runs.log(run_id)
        wait_until(lambda: log.text() == "He")  # a commit without the end has been made
        gate.open()
        events = list(log.follow())

    assert lost
    assert events == stored(run_id)
    assert [event.id for event in events if isinstance(event, BaseEvent)] == list(range(1, 8))
    assert len(told) == 1
    wait_until(lambda: not owned)


@pytest.mark.parametrize("unknown", [1, 3])
def test_an_end_that_cannot_be_stored_follows_all_that_the_database_has(
    unknown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [ValueError]

    def refuse(**kwargs: Any) -> None:
        if refusals:
            raise refusals.pop()

    owner = lease.take()
    run = Run.objects.create(pk=uuid4(), owner=owner)
    log, committer = written_by_hand(run.pk), Committer()
    log.put(Start(run=str(run.pk)))
    assert not committer.commit([log])
    for number in range(unknown):
        log.put(Token(f"{number} "))
    with lost_answers(monkeypatch, end=False):
        assert list(committer.commit([log])) == [log]
    log.seal()
    log.end(End(status="done"))
    with told_of_ends(refuse):
        assert not committer.commit([log])

    assert [type(event) for event in stored(run.pk)] == [Start, *[Token] * unknown, End]
    assert log.ended
    assert log.events() == stored(run.pk)
    assert Run.objects.get(pk=run.pk).status == "failed"


def test_many_runs_cost_the_database_as_much_as_one() -> None:
    owner = lease.take()

    def queries(runs: int) -> int:
        ids = [Run.objects.create(pk=uuid4(), owner=owner).pk for _ in range(runs)]
        logs = [written_by_hand(run_id) for run_id in ids]
        for log in logs:
            log.put(Token("Hello"))
        with CaptureQueriesContext(connection) as asked:
            assert not Committer().commit(logs)
        return len(asked)

    assert queries(200) == queries(1)


def test_refusals_count_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "REFUSALS", 1)
    run = Run.objects.create(pk=uuid4(), owner=lease.take())
    log, committer = written_by_hand(run.pk), Committer()
    for text in ("never ", "twice ", "in a row"):
        log.put(Token(text))
        with lost_answers(monkeypatch, end=False):
            assert list(committer.commit([log])) == [log]
        assert not committer.commit([log])

    assert not log.failed


def test_one_that_the_database_refuses_holds_up_no_other(upstream: ScriptedUpstream) -> None:
    bad = uuid4()

    def refuse(run_id: UUID, **kwargs: Any) -> None:
        if run_id == bad:
            raise OperationalError("too many SQL variables")

    gate = upstream.gate()
    upstream.enqueue(Reply("bad"), Reply("good", gate))
    with told_of_ends(refuse):
        start(chat_model(upstream), run_id=bad)
        good = start(chat_model(upstream))
        gate.wait_until_reached()
        gate.open()

        assert end_of(good).status == "done"
        assert not Run.objects.get(pk=bad).is_over
    assert end_of(bad).status == "done"  # once it is taken


def test_one_that_is_always_refused_is_given_up(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "REFUSALS", 2)

    def refuse(**kwargs: Any) -> None:
        raise OperationalError("too many SQL variables")

    upstream.enqueue(Reply("bad"))
    with told_of_ends(refuse):
        assert end_of(start(chat_model(upstream))).status == "failed"


def test_the_database_may_go_away_while_one_is_given_up(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "REFUSALS", 0)
    outage: list[Outage] = []

    def refuse(**kwargs: Any) -> None:
        if not outage:
            outage.append(Outage(monkeypatch, OperationalError))
            raise ValueError

    upstream.enqueue(Reply("bad"))
    with told_of_ends(refuse), told_of_ends() as told:
        run_id = start(chat_model(upstream))
        wait_until(lambda: outage)
        for _ in range(4):  # two tries, and after each a question whether it was an outage
            assert outage[0].refused.acquire(timeout=60)
        outage[0].end()
        assert end_of(run_id).status == "failed"
    assert [end.status for _, end, _ in told] == ["failed"]


def test_who_has_seen_more_elsewhere_reads_on_after_that() -> None:
    owner = lease.take()
    run = Run.objects.create(pk=uuid4(), owner=owner)
    log = written_by_hand(run.pk)
    log.put(Start(run=str(run.pk)))
    log.put(Token("Hel"))  # in the database, say, which has not answered yet

    assert log.has(2)
    assert not log.has(3)
    assert log.text(up_to=2) == "Hel"
    reader = log.follow(after=2, tick=0.01)
    assert next(reader) is IDLE
    log_writer.wake(log)
    log.put(Token("lo"))
    log_writer.wake(log)
    assert next(event for event in reader if event is not IDLE) == Token("lo", id=3)


def test_a_log_that_failed_has_one_end() -> None:
    owner = lease.take()
    run = Run.objects.create(pk=uuid4(), owner=owner)
    log = written_by_hand(run.pk)
    assert log.seal()  # a worker is about to end it

    log.fail(0)
    log.end(End(status="done"))
    log_writer.wake(log)

    wait_until(lambda: log.ended)
    assert [type(event) for event in stored(run.pk)] == [End]
    assert Run.objects.get(pk=run.pk).status == "failed"


def test_a_tool_is_not_called_before_the_database_knows_that_it_will_be() -> None:
    known: list[bool] = []
    run_id = uuid4()

    @tool
    def mail(to: str) -> str:
        """Send a mail."""
        known.append(any(isinstance(event, ToolStart) for event in stored(run_id)))
        connection.close()
        return "sent"

    start(RunnableLambda(lambda _, config: mail.invoke({"to": "you"}, config)), run_id=run_id)

    assert end_of(run_id).status == "done"
    assert known == [True]


class Pauses:
    """The pauses of a busy process, which end when the test says so."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.over = threading.Semaphore(0)

    def pause(self, most: float) -> float:
        self.begun.release()
        self.over.acquire(timeout=60)
        return 0


def test_what_comes_while_a_busy_process_waits_is_committed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses()
    monkeypatch.setattr("streaming.log.log_writer.load", pauses)
    logs = [written_by_hand(uuid4()) for _ in range(3)]
    commits: list[list[OwnedLog]] = []

    def commit(logs: Sequence[OwnedLog]) -> Mapping[OwnedLog, Exception]:
        commits.append(list(logs))
        return {}

    writer = LogWriter(commit)
    writer.wake(logs[0])
    assert pauses.begun.acquire(timeout=60)
    for log in (*logs, *logs):
        writer.wake(log)
    pauses.over.release()
    assert pauses.begun.acquire(timeout=60)
    pauses.over.release()

    assert commits == [logs[:1], logs]


def test_an_idle_process_commits_each_token_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.log.log_writer.load", Load(used=lambda: 0.0))
    slept: list[float] = []
    monkeypatch.setattr("streaming.log.log_writer.time", SimpleNamespace(sleep=slept.append))
    commits = threading.Semaphore(0)

    def commit(logs: Sequence[OwnedLog]) -> Mapping[OwnedLog, Exception]:
        commits.release()
        return {}

    log, writer = written_by_hand(uuid4()), LogWriter(commit, clock=lambda: 0.0)
    for _ in range(5):
        writer.wake(log)
        assert commits.acquire(timeout=60)

    assert not any(slept)
