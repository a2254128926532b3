"""The list of conversations: headings by date, and places in it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatsite.chat.listing import RECENT, Place, grouped
from chatsite.chat.models import Conversation

NOW = timezone.now()


def talk(*, days: int = 0, is_pinned: bool = False) -> Conversation:
    return Conversation(title=f"{days} days old", updated=NOW - timedelta(days=days), is_pinned=is_pinned)


def test_conversations_are_grouped_by_how_long_ago_they_were() -> None:
    rows = [talk(days=900, is_pinned=True), *(talk(days=days) for days in (0, 0, 1, 2, 7, 8, 30))]

    assert [(group.name, len(group.conversations)) for group in grouped(rows)] == [
        ("Pinned", 1),
        ("Today", 2),
        ("Yesterday", 1),
        ("Previous 7 days", 2),
        ("Previous 30 days", 2),
    ]


def test_what_is_older_is_grouped_by_month() -> None:
    old = Conversation(title="Old", updated=datetime(2020, 2, 29, 12, tzinfo=UTC))
    assert [group.name for group in grouped([old])] == ["February 2020"]


def test_there_is_a_place_for_a_new_conversation_where_it_will_be() -> None:
    rows = [talk(is_pinned=True), talk(days=1)]
    assert [group.name for group in grouped(rows, with_today=True)] == ["Pinned", "Today", "Yesterday"]
    assert [group.name for group in grouped([], with_today=True)] == ["Today"]
    assert grouped([]) == []


def test_a_place_is_read_as_it_was_written() -> None:
    for is_pinned in (True, False):
        place = Place(is_pinned, NOW, uuid4())
        assert Place.parse(str(place)) == place


@pytest.mark.django_db
def test_from_each_place_the_rest_follows_also_among_those_of_one_moment() -> None:
    Conversation.objects.bulk_create(
        Conversation(title="x", assistant="chat", is_pinned=number % 3 == 0) for number in range(20)
    )
    Conversation.objects.update(updated=NOW)
    rows = list(Conversation.objects.all())

    for number, row in enumerate(rows):
        place = Place.parse(str(Place.after(row)))
        assert list(Conversation.objects.filter(place.rest)) == rows[number + 1 :]


@pytest.mark.django_db
@pytest.mark.usefixtures("site_in_this_process")
@pytest.mark.parametrize("path", ["/c/", "/c/archived/", "/"])
def test_a_list_costs_as_many_queries_however_long_it_is(client: Client, path: str) -> None:
    owner = User.objects.create_user("owner")
    client.force_login(owner)
    Conversation.objects.create(user=owner, title="x", assistant="chat")  # of none it asks less
    client.get(path)  # that a person was seen is noted once a while, and not again
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        counts.append(len(captured))
        for archived in (True, False):
            Conversation.objects.bulk_create(
                Conversation(user=owner, title="x", assistant="chat", is_archived=archived)
                for _ in range(RECENT + 1)
            )
        Conversation.objects.bulk_create(
            Conversation(user=owner, title="x", assistant="chat", deleted=timezone.now()) for _ in range(3)
        )
    assert counts[0] == counts[1]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="it asks SQLite")
def test_the_list_is_read_from_its_index() -> None:
    plan = Conversation.objects.filter(user=1, deleted=None, is_archived=False)[:RECENT].explain()
    assert "chat_conversations_of_user" in plan
    assert "TEMP B-TREE" not in plan
