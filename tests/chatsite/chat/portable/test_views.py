"""The files as they are sent: to their owner, and to nobody else."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation
from chatsite.chat.portable import views
from tests.chatsite.chat.portable.conversations import add, rich

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

FILES = ("/c/{}/export.json", "/c/{}/export.md")


@pytest.fixture(autouse=True)
def with_guests(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True


def text(response: Any) -> str:
    """All of a file. Django's client closes the response after it."""
    content: str = response.getvalue().decode()
    return content


def test_one_conversation_and_all_of_them_are_files_to_be_saved(owner: User, client: Client) -> None:
    talk = rich(owner, title="Tea/cake “é”")
    rich(owner)

    one = client.get(f"/c/{talk.pk}/export.json")
    everything = client.get("/c/export/chats.md")

    assert one["Content-Type"] == "application/json"
    assert one["Content-Disposition"].startswith("attachment; filename")
    assert "Tea-cake" in one["Content-Disposition"]
    assert "no-store" in one["Cache-Control"]
    assert [talk["title"] for talk in json.loads(text(one))["conversations"]] == ["Tea/cake “é”"]
    assert everything["Content-Type"] == "text/markdown; charset=utf-8"
    assert text(everything).count("\n## You") == 4


def test_markdown_has_the_branch_that_was_shown(owner: User, client: Client) -> None:
    talk = rich(owner)
    question = talk.messages.get(content__startswith="What is")
    shown = add(talk, add(talk, question, "assistant", "One."), "user", "To one?")
    add(talk, add(talk, add(talk, question, "assistant", "Two."), "user", "To two?"), "assistant", "Newest.")

    newest = text(client.get(f"/c/{talk.pk}/export.md"))
    branch = text(client.get(f"/c/{talk.pk}/export.md?leaf={shown.pk}"))
    everything = text(client.get(f"/c/{talk.pk}/export.json?leaf={shown.pk}"))

    assert ("Newest." in newest, "To one?" in newest) == (True, False)
    assert ("Newest." in branch, "To one?" in branch) == (False, True)
    assert ("Newest." in everything, "To one?" in everything) == (True, True)


def test_nobody_else_gets_a_file(owner: User) -> None:
    talk = rich(owner)
    outsider, guest = Client(), Client()
    outsider.force_login(User.objects.create_user("outsider"))
    for somebody in (outsider, guest):
        for address in FILES:
            assert somebody.get(address.format(talk.pk)).status_code == 404
        assert "Tea" not in text(somebody.get("/c/export/chats.json"))
        assert "Tea" not in text(somebody.get("/c/export/chats.md"))


def test_what_was_deleted_and_what_is_no_format_is_not_found(owner: User, client: Client) -> None:
    talk = rich(owner)
    assert client.get(f"/c/{talk.pk}/export.exe").status_code == 404
    assert client.get("/c/export/chats.exe").status_code == 404
    client.post(f"/c/{talk.pk}/delete/")
    assert [client.get(address.format(talk.pk)).status_code for address in FILES] == [404, 404]
    assert Conversation.objects.exists()


def test_a_person_has_so_many_files_sent_at_once_and_each_gives_itsplace_for_back(
    owner: User, client: Client
) -> None:
    json_only = {"Accept": "application/json"}
    open_ones = [client.get("/c/export/chats.json") for _ in range(views.EACH)]
    assert [answer.status_code for answer in open_ones] == [200] * views.EACH

    refused = client.get("/c/export/chats.json", headers=json_only)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "limit_reached")
    with views.place_for(Visitor(guest="somebody else")):
        pass

    for answer in open_ones:
        text(answer)
    assert views._being_sent.count == 0
    assert "Tea" not in text(client.get("/c/export/chats.json"))


def test_the_pages_lead_to_the_files(owner: User, client: Client) -> None:
    talk = rich(owner)
    edit, export = client.get(f"/c/{talk.pk}/edit/").text, client.get("/c/export/").text
    assert [f'href="{address.format(talk.pk)}"' in edit for address in FILES] == [True, True]
    assert ['href="/c/export/chats.json"' in export, 'href="/c/export/chats.md"' in export] == [True, True]
    assert 'href="/c/export/"' in client.get("/c/").text
