"""All of a person's conversations, and the source of a reply."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatsite.chat.listing import RECENT
from chatsite.chat.models import Conversation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

NOBODY = "0" * 32


def test_every_conversation_can_be_reached(owner: User, client: Client) -> None:
    for number in range(2 * RECENT + 1):
        Conversation.objects.create(user=owner, title=f"Number {number}.", assistant="chat")
    assert "All chats" in client.get("/").text

    shown = []
    where: str | None = "/c/"
    while where:
        page = client.get(where).text
        shown += re.findall(r">(Number \d+\.)</a>", page)
        link = re.search(r'href="(\?after=[^"]+)"', page)
        where = f"/c/{link[1]}" if link else None

    assert shown == [f"Number {number}." for number in reversed(range(2 * RECENT + 1))]


def test_the_list_has_nobody_elses_conversations(client: Client) -> None:
    Conversation.objects.create(user=User.objects.create_user("other"), title="Secret", assistant="chat")
    assert "Secret" not in client.get("/c/").text


@pytest.mark.parametrize(
    "place",
    [
        "",
        "x",
        f"1_yesterday_{NOBODY}",
        f"1_2026-02-30T00:00:00+00:00_{NOBODY}",
        f"1_2026-01-01T00:00:00_{NOBODY}",
        f"2_2026-01-01T00:00:00+00:00_{NOBODY}",
        "1_2026-01-01T00:00:00+00:00_x",
        "\0_\ud800_\0",
    ],
)
def test_a_place_that_does_not_exist_is_not_found(client: Client, place: str) -> None:
    assert client.get("/c/", {"after": place.encode(errors="replace")}).status_code == 404


def test_the_source_of_a_reply_is_what_the_model_wrote(owner: User, client: Client) -> None:
    conversation = Conversation.objects.create(user=owner, title="Hi", assistant="chat")
    reply = conversation.messages.create(role="assistant", content="1. *One*\n<b>\n")
    response = client.get(f"/messages/{reply.pk}/source/")

    assert response.text == "1. *One*\n<b>\n"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert client.get(f"/messages/{uuid4()}/source/").status_code == 404


def test_the_source_of_somebody_elses_reply_is_not_found(client: Client) -> None:
    other = Conversation.objects.create(user=User.objects.create_user("other"), title="Hi", assistant="chat")
    reply = other.messages.create(role="assistant", content="Secret")
    assert client.get(f"/messages/{reply.pk}/source/").status_code == 404
