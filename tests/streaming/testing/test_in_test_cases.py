"""Streams and durable runs in Django's test cases.

pytest runs them with the suite's database. Django's own runner runs them with SQLite in memory:
`test_in_memory.py`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import include, path
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_core.tools import tool

from streaming import EventStreamResponse, runs, stream
from streaming.events import End, Event
from streaming.models import Run
from streaming.testing import Hold, Reply, ScriptedModel, isolated_runs
from streaming.views import asking
from tests.streaming.testing import settings_in_memory

pytestmark = pytest.mark.django_db
if TYPE_CHECKING:
    Mixin = TestCase
else:  # so that no runner collects what is only there to be inherited
    Mixin = object


@tool
def found(name: str) -> str:
    """Store a group, and tell of all that there are."""
    with transaction.atomic():
        Group.objects.create(name=name)
    return " ".join(Group.objects.order_by("name").values_list("name", flat=True))


def store(_: object) -> None:
    found.invoke({"name": str(uuid4())})


def answer(request: HttpRequest) -> EventStreamResponse:
    return EventStreamResponse(stream(found, {"name": "made"}))


def present(request: HttpRequest) -> EventStreamResponse:
    def events() -> Iterator[Event]:
        yield from stream(found, {"name": "made"})

    return EventStreamResponse(events())


def ask(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        return HttpResponse(
            str(runs.start(runs.Job(runnable=MODEL[0], input="Hi"), belongs_to=asking(request)))
        )


MODEL: list[Any] = []
"""What `ask` asks: set by each test."""


class Urls:
    urlpatterns = [
        path("answer/", answer),
        path("present/", present),
        path("ask/", ask),
        path("runs/", include("streaming.urls")),
    ]


small_site = override_settings(ROOT_URLCONF=Urls, MIDDLEWARE=settings_in_memory.MIDDLEWARE)


class Streams(Mixin):
    """What holds of `stream()` in any test case."""

    def test_a_tool_sees_what_the_test_has_stored_and_the_other_way_round(self) -> None:
        for name in ("answer", "present"):
            Group.objects.all().delete()
            Group.objects.create(name="before")

            body = self.client.get(f"/{name}/").getvalue().decode()

            assert '"output":"before made"' in body, body
            assert '"status":"done"' in body, body
            assert Group.objects.count() == 2

    def test_branches_take_turns(self) -> None:
        branches = RunnableParallel({name: RunnableLambda(store) for name in ("one", "two", "three")})

        *_, end = stream(branches, "Hi")

        assert isinstance(end, End)
        assert end.status == "done"
        assert Group.objects.count() == 3

    def test_a_response_that_nobody_reads_is_closed(self) -> None:
        self.client.get("/answer/").close()


class DurableRuns(Streams):
    """What holds of durable runs in any test case, within `isolated_runs()`."""

    def setUp(self) -> None:
        self.enterContext(isolated_runs())
        self.hold = self.enterContext(Hold())

    def begin(self, *pieces: Any) -> UUID:
        MODEL[:] = [ScriptedModel(Reply(*pieces))]
        return UUID(self.client.post("/ask/").content.decode())

    def test_it_runs_to_its_end(self) -> None:
        run_id = self.begin("Hel", "lo")

        body = self.client.get(f"/runs/{run_id}/events/").getvalue().decode()

        assert '"text":"Hel"' in body
        assert '"status":"done"' in body
        assert Run.objects.get(pk=run_id).status == "done"

    def test_another_one_does_too(self) -> None:
        self.test_it_runs_to_its_end()
        self.test_it_runs_to_its_end()

    def test_it_is_held_and_stopped(self) -> None:
        run_id = self.begin("Hel", self.hold, "lo")
        self.hold.wait_until_reached()
        assert Run.objects.get(pk=run_id).status == "running"

        assert self.client.post(f"/runs/{run_id}/stop/").status_code == 204

        body = self.client.get(f"/runs/{run_id}/events/").getvalue().decode()
        assert '"status":"stopped"' in body
        assert Run.objects.get(pk=run_id).status == "stopped"

    def test_one_that_is_left_held_ends_with_the_test(self) -> None:
        self.begin(self.hold)
        self.hold.wait_until_reached()

    def test_what_is_rolled_back_does_not_begin(self) -> None:
        MODEL[:] = [ScriptedModel("Hi")]

        @transaction.atomic
        def fail() -> None:
            runs.start(runs.Job(runnable=MODEL[0], input="Hi"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert not Run.objects.exists()
        assert not MODEL[0].calls

    def test_the_threads_of_a_test_see_its_data(self) -> None:
        Group.objects.create(name="before")

        with ThreadPoolExecutor() as pool:
            counted = pool.submit(Group.objects.count).result(10)

        assert counted == 1


@small_site
class StreamsInTestCase(Streams, TestCase):
    def test_a_block_that_waits_for_a_run_lets_it_work(self) -> None:
        with transaction.atomic():
            *_, end = stream(found, {"name": "made"})

        assert isinstance(end, End)
        assert end.status == "done"
        assert Group.objects.count() == 1


@small_site
class StreamsInTransactionTestCase(Streams, TransactionTestCase):
    pass


@small_site
class DurableRunsInTestCase(DurableRuns, TestCase):
    pass


@small_site
class DurableRunsInTransactionTestCase(DurableRuns, TransactionTestCase):
    pass


class WithoutIsolation(Mixin):
    """Who has read nothing of `streaming.testing`."""

    def committing(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def test_a_run_ends(self) -> None:
        with self.committing():
            run_id = runs.start(runs.Job(runnable=ScriptedModel("Hi"), input="Hi"))

        names = [event.event for event in runs.follow(run_id) if isinstance(event, Event)]
        assert names == ["start", "token", "end"]

    def test_so_does_the_next(self) -> None:
        self.test_a_run_ends()


class WithoutIsolationInTestCase(WithoutIsolation, TestCase):
    def committing(self) -> AbstractContextManager[Any]:
        return self.captureOnCommitCallbacks(execute=True)


class WithoutIsolationInTransactionTestCase(WithoutIsolation, TransactionTestCase):
    pass
