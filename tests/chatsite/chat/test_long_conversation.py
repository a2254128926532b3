"""A page has so many messages at most, and a link to those before them, which needs no script."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatsite.chat.models import Conversation, Message
from chatsite.chat.page_view import PAGE_CHARACTERS, PAGE_MESSAGES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]


def conversation_of(owner: User, messages: int, *, padding: str = "") -> Conversation:
    """Questions only, each below the one before."""
    conversation = Conversation.objects.create(user=owner, title="Hi", assistant="chat")
    parent: Message | None = None
    for number in range(messages):
        parent = conversation.messages.create(
            role="user",
            content=f"Number {number}.{padding}",
            parent=parent,
            created=conversation.created + timedelta(milliseconds=number),  # in order
        )
    return conversation


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r">Number (\d+)\.", page)]


def earlier(page: str) -> str | None:
    link = re.search(r'data-earlier><a href="([^"]+)"', page)
    return unescape(link[1]) if link else None


def test_every_message_can_be_reached_some_at_a_time(owner: User, client: Client) -> None:
    conversation = conversation_of(owner, 2 * PAGE_MESSAGES + 1)
    url = conversation.get_absolute_url()

    pages = [client.get(url).text]
    while link := earlier(pages[-1]):
        pages.append(client.get(url + link).text)

    assert [len(shown(page)) for page in pages] == [PAGE_MESSAGES, PAGE_MESSAGES, 1]
    assert [number for page in reversed(pages) for number in shown(page)] == list(
        range(2 * PAGE_MESSAGES + 1)
    )
    newest = {unescape(link) for page in pages for link in re.findall(r'"([^"]+)">Newest messages</a>', page)}
    assert [shown(client.get(link).text) for link in newest] == [shown(pages[0])]
    assert "Newest messages" not in pages[0]


def test_of_long_messages_a_page_has_fewer(owner: User, client: Client) -> None:
    conversation = conversation_of(owner, 6, padding="x" * (PAGE_CHARACTERS // 2))

    page = client.get(conversation.get_absolute_url()).text

    assert shown(page) == [4, 5]
    assert earlier(page)


def test_a_page_asks_the_database_as_much_however_long_the_conversation(owner: User, client: Client) -> None:
    asked = []
    for messages in (2, 2, 3 * PAGE_MESSAGES):
        url = conversation_of(owner, messages).get_absolute_url()
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        asked.append(len(captured))

    assert asked[1] == asked[2]


def test_there_is_nothing_before_the_first_message_or_a_strange_one(owner: User, client: Client) -> None:
    conversation, other = conversation_of(owner, 2), conversation_of(owner, 2)
    first, elsewhere = conversation.messages.first(), other.messages.last()
    assert first
    assert elsewhere

    for before in ("", "x", "\0", *map(str, (uuid4(), first.pk, elsewhere.pk))):
        assert client.get(conversation.get_absolute_url(), {"before": before}).status_code == 404
