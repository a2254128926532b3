"""The runs: how they stand, where, and stopping them."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.test import Client

from chatsite.chat.models import Conversation
from streaming.models import Process, Run
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.staff.conftest import queries

pytestmark = pytest.mark.django_db

LIST = "/admin/streaming/run/"


def run_of(*, status: str = "running", error: str = "") -> UUID:
    process, _ = Process.objects.get_or_create(host="machine-a", pid=4711)
    run = Run.objects.create(id=uuid4(), owner=process.pk, status=status)
    talk = Conversation.objects.create(guest="g", title="canary-title", assistant="chat")
    add(talk, None, "assistant", "canary", model="gpt-x", run_id=run.pk, error_code=error)
    return run.pk


def chosen(run: UUID) -> dict[str, object]:
    return {"action": "stop", "_selected_action": [run]}


def test_they_are_shown_with_where_and_how_they_failed(root: Client) -> None:
    run_of()
    failed = run_of(status="failed", error="connect_timeout")

    page = root.get(f"{LIST}?status__exact=failed").text

    for shown in (str(failed), "4711 on machine-a", "gpt-x", "connect_timeout"):
        assert shown in page
    assert page.count("machine-a") == 1
    assert "canary" not in page


def test_who_may_change_runs_stops_them(staff: Callable[..., Client]) -> None:
    run, over = run_of(), run_of(status="done")
    looker = staff("streaming.view_run")
    stopper = staff("streaming.view_run", "streaming.change_run", name="stopper")

    looker.post(LIST, chosen(run))
    assert Run.objects.get(pk=run).stop_requested is None

    stopper.post(LIST, chosen(over))
    assert "1 run was asked to stop" in stopper.post(LIST, chosen(run), follow=True).text
    assert Run.objects.get(pk=run).stop_requested is not None
    assert Run.objects.get(pk=over).stop_requested is None


def test_a_list_asks_as_much_for_thirty_as_for_one(root: Client) -> None:
    run_of()
    queries(root, LIST)
    few = queries(root, LIST)
    for _ in range(30):
        run_of()

    assert queries(root, LIST) == few
