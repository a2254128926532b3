"""What can be done with a conversation: rename, pin, archive, delete, and undo that."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.retention import expire
from chatsite.chat.models import TITLE_LENGTH, Conversation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]


@pytest.fixture
def talk(owner: User) -> Conversation:
    return Conversation.objects.create(user=owner, title="Talk", assistant="chat")


def titles(page: str) -> list[str]:
    return re.findall(r'dir="auto"[^>]*>([^<]+)</a>', page)


def post(client: Client, talk: Conversation, action: str, **fields: str) -> int:
    return client.post(f"/c/{talk.pk}/{action}/", fields).status_code


def test_a_conversation_is_renamed_and_nothing_else_of_it(client: Client, talk: Conversation) -> None:
    response = client.post(f"/c/{talk.pk}/rename/", {"title": "  Tea \n time "})

    assert (response.status_code, response["Location"]) == (303, f"/c/{talk.pk}/")
    renamed = Conversation.objects.get()
    assert (renamed.title, renamed.updated) == ("Tea time", talk.updated)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("", "Write a title first."),
        (" \n", "Write a title first."),
        ("\x01\x02\x1b", "Write a title first."),
        ("\u200b\u202e", "Write a title first."),
        ("a\0b", "NUL"),
        ("x" * (TITLE_LENGTH + 1), "It can have 80 at most"),
    ],
)
def test_a_title_that_nobody_can_read_is_refused(
    client: Client, talk: Conversation, title: str, said: str
) -> None:
    response = client.post(f"/c/{talk.pk}/rename/", {"title": title})

    assert response.status_code == 400
    assert said in response.text
    assert Conversation.objects.get().title == "Talk"


def test_control_characters_in_a_title_are_left_out(client: Client, talk: Conversation) -> None:
    assert post(client, talk, "rename", title="\x1b[31m<b>Te\x07a</b>") == 303
    assert Conversation.objects.get().title == "[31m<b>Tea</b>"
    assert "[31m&lt;b&gt;Tea&lt;/b&gt;" in client.get("/c/").text


def test_a_refusal_is_json_where_that_was_asked_for(client: Client, talk: Conversation) -> None:
    response = client.post(f"/c/{talk.pk}/rename/", {"title": ""}, headers={"Accept": "application/json"})
    assert response.json() == {"error": {"code": "required", "message": "Write a title first."}}


def test_a_pinned_conversation_is_at_the_head_of_the_list(
    client: Client, owner: User, talk: Conversation
) -> None:
    Conversation.objects.create(user=owner, title="Newer", assistant="chat")

    assert post(client, talk, "pin") == post(client, talk, "pin") == 303
    assert titles(client.get("/c/").text) == ["Talk", "Newer"]
    assert "Pinned" in client.get("/").text

    post(client, talk, "unpin")
    assert titles(client.get("/c/").text) == ["Newer", "Talk"]


def test_an_archived_conversation_is_in_a_list_of_its_own(client: Client, talk: Conversation) -> None:
    response = client.post(f"/c/{talk.pk}/archive/", follow=True)

    assert titles(response.text) == titles(client.get("/").text) == []
    assert titles(client.get("/c/archived/").text) == ["Talk"]
    assert client.get(f"/c/{talk.pk}/").status_code == 200

    post(client, talk, "unarchive")
    assert titles(client.get("/c/").text) == ["Talk"]


def test_a_deleted_conversation_is_gone_until_that_is_undone(client: Client, talk: Conversation) -> None:
    reply = talk.messages.create(role="assistant", content="Yes.")
    addresses = [f"/c/{talk.pk}/", f"/c/{talk.pk}/edit/", f"/messages/{reply.pk}/source/"]

    page = client.post(f"/c/{talk.pk}/delete/", follow=True).text

    assert f"/c/{talk.pk}/restore/" in page
    assert titles(page) == []
    assert [client.get(address).status_code for address in addresses] == [404] * 3
    for action in ("rename", "pin", "unpin", "archive", "unarchive", "delete"):
        assert post(client, talk, action, title="x") == 404, action
    assert client.post("/messages/", {"text": "Hi", "conversation": talk.pk}).status_code == 404

    assert post(client, talk, "restore") == post(client, talk, "restore") == 303
    assert [client.get(address).status_code for address in addresses] == [200] * 3
    assert titles(client.get("/c/").text) == ["Talk"]


def test_what_was_deleted_some_time_ago_goes_for_good(client: Client, talk: Conversation) -> None:
    post(client, talk, "delete")
    expire()
    assert Conversation.objects.exists()

    Conversation.objects.update(deleted=timezone.now() - UNDO_FOR - timedelta(seconds=1))

    assert post(client, talk, "restore") == 404
    assert "Undo" not in client.get("/c/").text
    assert expire() == 1
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("person", ["outsider", "guest"])
def test_nobody_else_can_do_any_of_it(talk: Conversation, person: str) -> None:
    somebody = Client()
    if person == "outsider":
        somebody.force_login(User.objects.create_user("outsider"))
    actions = ("rename", "pin", "unpin", "archive", "unarchive", "delete", "restore")
    expected = 404

    for action in actions:
        assert post(somebody, talk, action, title="Mine") in {expected, 403}, action
    Conversation.objects.update(deleted=timezone.now())
    assert post(somebody, talk, "restore") in {expected, 403}

    after = Conversation.objects.get()
    assert (after.title, after.is_pinned, after.is_archived) == ("Talk", False, False)
    assert after.deleted is not None


def test_each_form_needs_its_token(owner: User, talk: Conversation) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(owner)
    for action in ("rename", "pin", "archive", "delete", "restore"):
        assert post(careful, talk, action, title="x") == 403, action
        assert careful.get(f"/c/{talk.pk}/{action}/").status_code == 405, action
    assert Conversation.objects.get().title == "Talk"
