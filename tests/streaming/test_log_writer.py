"""What the log writer does when the database cannot be written to."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from streaming import log_writer as log_writer_module
from streaming import runs
from streaming.events import End, Event, Token, ToolStart
from streaming.lease import Lease, lease
from streaming.log_writer import log_writer
from streaming.models import Run
from streaming.owned_log import OwnedLog
from streaming.owned_runs import owned
from tests.streaming.durable import a_process, end_of, in_a_thread, start, stored, told_of_ends
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def process(transactional_db: None) -> Iterator[None]:
    with a_process():
        yield


class Outage:
    """No commit succeeds while it lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused = threading.Semaphore(0)
        self._lasts = True
        beat = Lease.beat

        def refuse(lease: Lease) -> bool:
            if self._lasts:
                self.refused.release()
                raise OperationalError("disk full")
            return beat(lease)

        monkeypatch.setattr(Lease, "beat", refuse)

    def end(self) -> None:
        self._lasts = False


def test_what_cannot_be_stored_now_waits_unseen_and_nothing_of_it_is_lost(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, *"lo, world"))
    run_id = start(chat_model(upstream))
    log = runs.log(run_id)
    wait_until(lambda: log.text() == "Hel")
    outage = Outage(monkeypatch)
    gate.open()
    for _ in range(3):
        assert outage.refused.acquire(timeout=5)
    wait_until(log.waiting)  # type: ignore[attr-defined]
    seen: list[Event] = []
    reader = in_a_thread(lambda: seen.extend(event for event in log.follow() if isinstance(event, Event)))

    assert log.text() == "Hel"
    outage.end()
    reader.join(10)

    assert not reader.is_alive()
    assert "".join(event.text for event in seen if isinstance(event, Token)) == "Hello, world"
    assert seen == stored(run_id)
    assert Run.objects.get(pk=run_id).status == "done"
    said = [record for record in caplog.records if "kept in memory" in record.message]
    assert len(said) == 1  # an outage, not each try


@pytest.mark.parametrize("end", [False, True], ids=["in the middle", "with the end"])
def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, *, end: bool
) -> None:
    lost: list[str] = []
    store, show = log_writer._store, log_writer_module._show

    def store_and_lose(logs: Sequence[OwnedLog], **options: Any) -> None:
        """The commit is made, but this process does not learn of it, once."""
        loses = not lost and end == any(isinstance(event, End) for event in logs[0].waiting())
        monkeypatch.setattr(log_writer_module, "_show", (lambda log, last: None) if loses else show)
        store(logs, **options)
        if loses:
            lost.append("answer")
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(log_writer, "_store", store_and_lose)
    gate = upstream.gate()
    upstream.enqueue(Reply("H", "e", gate, *"llo"))
    with told_of_ends() as told:
        run_id = start(chat_model(upstream))
        log = runs.log(run_id)
        wait_until(lambda: log.text() == "He")  # a commit without the end has been made
        gate.open()
        events = list(log.follow())

    assert lost
    assert events == stored(run_id)
    assert [event.id for event in events if isinstance(event, Event)] == list(range(1, 8))
    assert len(told) == 1
    wait_until(lambda: not owned)


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
    monkeypatch.setattr("streaming.log_writer._REFUSALS", 2)

    def refuse(**kwargs: Any) -> None:
        raise OperationalError("too many SQL variables")

    upstream.enqueue(Reply("bad"))
    with told_of_ends(refuse):
        assert end_of(start(chat_model(upstream))).status == "failed"


def test_the_database_may_go_away_while_one_is_given_up(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.log_writer._REFUSALS", 0)
    fail, tries = log_writer._fail, []

    def fail_late(log: OwnedLog, exc: Exception) -> None:
        tries.append(log)
        if tries.count(log) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        fail(log, exc)

    def refuse(**kwargs: Any) -> None:
        raise OperationalError("too many SQL variables")

    monkeypatch.setattr(log_writer, "_fail", fail_late)
    upstream.enqueue(Reply("bad"))
    with told_of_ends(refuse):
        run_id = start(chat_model(upstream))
        assert end_of(run_id).status == "failed"
    assert [log.run_id for log in tries].count(run_id) == 2


def test_a_log_that_failed_has_one_end() -> None:
    owner = lease.take()
    run = Run.objects.create(pk=uuid4(), owner=owner)
    log = OwnedLog(run.pk, owner=owner, on_over=lambda: None)
    assert log.seal()  # a worker is about to end it

    log.fail()
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
