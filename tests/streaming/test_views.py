"""A durable run in five lines: followed and stopped by views of the package, by whom it belongs to."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from langchain_core.runnables import RunnableLambda

from streaming import admission, runs
from streaming.models import Run
from streaming.views import asking, busy_is_503
from tests.streaming.durable_runs import a_process, end_of
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
runnables: list[Any] = []


@busy_is_503
def ask(request: HttpRequest) -> JsonResponse:
    job = runs.Job(runnable=runnables[-1], input="Hi")
    run_id = runs.start(job, belongs_to=asking(request), metadata={"page": "start"})
    return JsonResponse({"run": str(run_id)})


urlpatterns = [path("ask/", ask), path("runs/", include("streaming.urls"))]


@pytest.fixture(autouse=True)
def process(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    runnables[:] = [RunnableLambda(str)]
    with a_process():
        yield


def start(client: Client) -> UUID:
    return UUID(client.post("/ask/").json()["run"])


def body_of(response: Any) -> bytes:
    body = b"".join(response)
    response.close()
    return body


def test_a_run_is_followed_from_any_event(upstream: ScriptedUpstream) -> None:
    runnables.append(chat_model(upstream))
    upstream.enqueue(Reply("Hel", "lo"))
    client = Client()
    run = start(client)

    whole = body_of(client.get(f"/runs/{run}/events/"))
    rest = body_of(client.get(f"/runs/{run}/events/", headers={"Last-Event-ID": "2"}))

    assert b'"text":"Hel"' in whole
    assert b'"text":"Hel"' not in rest
    assert rest.endswith(whole[whole.index(b"id: 3\n") :])
    assert client.get(f"/runs/{run}/events/?after=4").status_code == HTTPStatus.NO_CONTENT
    assert client.get(f"/runs/{run}/events/?after=x").status_code == HTTPStatus.BAD_REQUEST


def test_a_run_is_stopped(upstream: ScriptedUpstream) -> None:
    runnables.append(chat_model(upstream))
    upstream.enqueue(Reply("Hel", upstream.gate()))
    client = Client()
    run = start(client)
    wait_until(lambda: runs.log(run).text() == "Hel")

    assert client.post(f"/runs/{run}/stop/").status_code == HTTPStatus.NO_CONTENT

    assert end_of(run).status == "stopped"


def test_another_persons_run_is_not_there() -> None:
    run = start(Client())
    nobodys = runs.start(runs.Job(runnable=RunnableLambda(str), input="Hi"))
    outsider = Client()

    for there in (run, nobodys, UUID(int=0)):
        assert outsider.get(f"/runs/{there}/events/").status_code == HTTPStatus.NOT_FOUND
        assert outsider.post(f"/runs/{there}/stop/").status_code == HTTPStatus.NOT_FOUND


def test_without_room_the_answer_says_when_to_come_again(settings: Any) -> None:
    settings.STREAMING = {"MAX_STREAMS": 1}
    with admission.runs.enter():
        response = Client().post("/ask/")

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["code"] == "busy"
    assert not Run.objects.exists()


def test_a_thirteenth_reader_is_told_that_the_limit_is_their_own() -> None:
    client = Client()
    run = start(client)
    owner = f"session {client.session.session_key}"
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(admission.readers.enter(owner=owner))
        response = client.get(f"/runs/{run}/events/")

    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["code"] == "limit_reached"


def test_the_row_says_whose_it_is_and_what_for() -> None:
    client = Client()
    run = Run.objects.get(pk=start(client))

    assert run.belongs_to == f"session {client.session.session_key}"
    assert run.metadata == {"page": "start"}


def test_the_admin_site_only_shows_runs() -> None:
    shown = admin.site._registry[Run]
    request = RequestFactory().get("/")

    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)
