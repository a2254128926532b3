"""Conversations without what is written in them; and that, for those who may."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatsite.chat.models import Conversation
from chatsite.staff.models import Reading
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.staff.conftest import queries

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/conversation/"


@pytest.fixture
def talk() -> Conversation:
    talk = Conversation.objects.create(
        user=User.objects.create_user("alice"), title="canary-title", assistant="chat"
    )
    question = add(talk, None, "user", "canary-question")
    add(talk, question, "assistant", "canary-reply <b>", model="gpt-x")
    return talk


def page_of(talk: Conversation) -> str:
    return f"{LIST}{talk.pk}/change/"


def test_the_list_has_no_title(root: Client, talk: Conversation) -> None:
    page = root.get(LIST).text

    for shown in (str(talk.pk), "alice", "gpt-x", '<td class="field-messages">2</td>'):
        assert shown in page
    assert "canary" not in page


@pytest.mark.parametrize(
    "name", ["title", "title__startswith", "messages__content__contains", "user__password"]
)
def test_no_address_asks_what_is_in_a_title(root: Client, talk: Conversation, name: str) -> None:
    assert root.get(f"{LIST}?{name}=canary").status_code == 400


@pytest.mark.parametrize("asked", ["owner=accounts", "state=kept", "assistant=chat", "q=alice"])
def test_they_are_filtered(root: Client, talk: Conversation, asked: str) -> None:
    Conversation.objects.create(guest="g", title="x", assistant="agent", expires=talk.created)

    page = root.get(f"{LIST}?{asked}").text

    assert str(talk.pk) in page
    assert "guest g" not in page


def test_a_list_asks_as_much_for_thirty_as_for_one(root: Client, talk: Conversation) -> None:
    queries(root, LIST)
    few = queries(root, LIST)
    for number in range(30):
        user = User.objects.create_user(f"user{number}")
        other = Conversation.objects.create(user=user, title="x", assistant="chat")
        add(other, None, "assistant", "Yes.", model=f"model-{number}")

    assert queries(root, LIST) == few


def test_staff_read_nothing_without_the_permission(staff: Callable[..., Client], talk: Conversation) -> None:
    client = staff("chat.view_conversation")

    page = client.get(page_of(talk))
    assert page.status_code == 200
    assert "canary" not in page.text
    assert client.post(page_of(talk), {"reason": "I want to"}).status_code == 403
    assert not Reading.objects.exists()


def test_whoever_reads_says_why_and_is_written_down(staff: Callable[..., Client], talk: Conversation) -> None:
    client = staff("chat.view_conversation", "staff.read_messages")

    before = client.get(page_of(talk)).text
    assert "written down" in before
    assert "canary" not in before
    assert "canary" not in client.post(page_of(talk), {"reason": " "}).text
    assert not Reading.objects.exists()

    page = client.post(page_of(talk), {"reason": "A complaint"}).text

    assert "canary-title" in page
    assert "canary-question" in page
    assert "canary-reply &lt;b&gt;" in page
    reading = Reading.objects.get()
    assert (reading.name, reading.conversation, reading.reason) == ("staff", talk.pk, "A complaint")


def test_superusers_are_written_down_too(root: Client, talk: Conversation) -> None:
    root.post(page_of(talk), {"reason": "Curiosity"})

    assert [reading.name for reading in Reading.objects.all()] == ["root"]
    page = root.get("/admin/staff/reading/").text
    assert "Curiosity" in page
    assert "canary" not in page


def test_a_look_stays_written_down(root: Client, talk: Conversation) -> None:
    root.post(page_of(talk), {"reason": "Curiosity"})
    reading = Reading.objects.get()

    for action in ("change", "delete"):
        answer = root.post(f"/admin/staff/reading/{reading.pk}/{action}/", {"reason": "x", "post": "yes"})
        assert answer.status_code == 403
    root.post("/admin/staff/reading/", {"action": "delete_selected", "_selected_action": [reading.pk]})
    User.objects.all().delete()

    kept = Reading.objects.get()
    assert (kept.name, kept.reason) == ("root", "Curiosity")


def test_a_long_one_is_read_in_pages_each_written_down(root: Client, talk: Conversation) -> None:
    last = talk.messages.last()
    for number in range(150):
        last = add(talk, last, "user", f"message-{number};")

    first = root.post(page_of(talk), {"reason": "Abuse"}).text
    second = root.post(page_of(talk), {"reason": "Abuse", "page": 2}).text

    assert "message-149;" in first
    assert "message-0;" not in first
    assert "message-0;" in second
    assert [reading.page for reading in Reading.objects.all()] == [2, 1]


def test_without_the_permission_to_look_there_is_nothing(
    staff: Callable[..., Client], talk: Conversation
) -> None:
    client = staff("staff.read_messages")

    assert client.get(LIST).status_code == 403
    assert client.get(page_of(talk)).status_code == 403
    assert client.post(page_of(talk), {"reason": "x"}).status_code == 403


def test_what_is_not_there_is_not_found(root: Client, talk: Conversation) -> None:
    assert root.get(f"{LIST}{uuid4()}/change/").status_code == 404
    assert root.get(f"{LIST}{talk.pk}/history/").status_code == 404
    assert root.get(f"{LIST}{talk.pk}/delete/").status_code == 404
