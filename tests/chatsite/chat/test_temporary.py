"""A temporary conversation is in no list, and leaves nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts.retention import expire
from chatsite.chat.models import TEMPORARY_FOR, Conversation, Message
from chatsite.chat.search_text import SearchText
from tests.chatsite.chat.portable.conversations import add
from tests.site import Site
from tests.upstream import Reply


@pytest.fixture
def client(owner: User, client: Client, settings: Settings) -> Client:
    settings.CHAT_ALLOW_GUESTS = True
    client.force_login(owner)
    return client


@pytest.fixture
def talk(owner: User) -> Conversation:
    talk = Conversation.objects.create(
        user=owner, title="Canary", assistant="chat", expires=timezone.now() + TEMPORARY_FOR
    )
    add(talk, add(talk, None, "user", "canary-question"), "assistant", "canary-answer")
    return talk


def everywhere(client: Client) -> str:
    """All pages that list or find conversations."""
    pages: list[Any] = [
        client.get(path) for path in ("/", "/c/", "/c/archived/", "/search/?q=canary", "/c/shared/")
    ]
    export = client.get("/c/export/chats.json").getvalue().decode()
    return (
        "".join(page.text.replace('value="canary"', "").replace("<title>canary", "") for page in pages)
        + export
    )


@pytest.mark.parametrize("mark", ["made", "archived"])
@pytest.mark.usefixtures("site_in_this_process", "db")
def test_a_temporary_conversation_is_nowhere_to_be_found(
    client: Client, talk: Conversation, mark: str
) -> None:
    Conversation.objects.update(is_archived=mark == "archived")

    page = client.get(talk.get_absolute_url()).text

    assert "canary-answer" in page
    assert "This chat is temporary" in page
    assert "data-conversations" not in page  # where the script would put it
    assert "canary" not in everywhere(client).lower()
    assert client.post(f"/c/{talk.pk}/share/").status_code == 404
    assert ">Share</a>" not in client.get(f"/c/{talk.pk}/edit/").text
    assert Client().get(talk.get_absolute_url()).status_code == 404


@pytest.mark.usefixtures("site_in_this_process", "db")
def test_it_goes_within_a_day(talk: Conversation) -> None:
    assert expire() == 0
    Conversation.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert expire() == 1
    assert not Message.objects.exists()
    assert not SearchText.objects.exists()


@pytest.mark.usefixtures("site_in_this_process", "db")
def test_a_button_deletes_it_at_once_and_nothing_else(
    client: Client, talk: Conversation, owner: User
) -> None:
    kept = Conversation.objects.create(user=owner, title="Kept", assistant="chat")
    others = Conversation.objects.create(
        user=User.objects.create_user("other"), title="Other", assistant="chat", expires=talk.expires
    )

    answer = client.post("/c/temporary/delete/", follow=True)

    assert "1 temporary chat is deleted." in answer.text
    assert {*Conversation.objects.all()} == {kept, others}
    assert client.get("/c/temporary/delete/").status_code == 405


@pytest.mark.usefixtures("site_in_this_process", "db")
def test_one_of_them_is_deleted_or_all_and_it_is_said_how_many(
    client: Client, talk: Conversation, owner: User
) -> None:
    temporary = {"user": owner, "assistant": "chat", "expires": talk.expires}
    second, third = (Conversation.objects.create(title=str(number), **temporary) for number in range(2))
    kept = Conversation.objects.create(user=owner, title="Kept", assistant="chat")
    assert "Delete all 3 temporary chats now" in client.get(f"/c/{talk.pk}/").text

    one = client.post(f"/c/{talk.pk}/temporary/delete/", follow=True)

    assert "1 temporary chat is deleted." in one.text
    assert {*Conversation.objects.all()} == {second, third, kept}
    for pk in (kept.pk, talk.pk):
        assert client.post(f"/c/{pk}/temporary/delete/").status_code == 404
    assert "2 temporary chats are deleted." in client.post("/c/temporary/delete/", follow=True).text
    assert {*Conversation.objects.all()} == {kept}


@pytest.mark.usefixtures("site_in_this_process", "db")
def test_one_that_was_deleted_cannot_be_had_back(client: Client, talk: Conversation) -> None:
    client.post(f"/c/{talk.pk}/delete/")
    assert "Undo" not in client.get("/c/").text
    assert client.post(f"/c/{talk.pk}/restore/").status_code == 404


def test_it_begins_with_a_form_and_goes_on_like_any_other(site: Site) -> None:
    visitor = site.visitor()
    page = visitor.get("/?temporary=1").text
    forms = page.count('name="assistant"')
    assert page.count('name="temporary" value="1"') == forms > 1  # the box, and each example
    site.upstream.enqueue(Reply("canary-one"), Reply("canary-two"))

    with visitor.send("canary-first", temporary="1") as reading:
        conversation = reading.start["conversation"]
        assert reading.end["status"] == "done"
    with visitor.send("canary-second", conversation=conversation) as reading:
        assert reading.end["status"] == "done"

    assert "canary-two" in visitor.get(f"/c/{conversation}/").text
    assert conversation not in visitor.get("/").text
    assert conversation not in visitor.get("/c/").text


def test_a_reply_that_is_being_written_is_stopped_with_it(site: Site) -> None:
    visitor = site.visitor()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("canary", gate, "never"))
    with visitor.send("Go", temporary="1") as reading:
        reading.until("token")
        assert visitor.post("/c/temporary/delete/").status_code == 303
        assert reading.end["status"] == "stopped"
    assert visitor.get(f"/c/{reading.start['conversation']}/").status_code == 404
    gate.open()
