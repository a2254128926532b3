"""The list by itself, and what it says of each conversation."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chatsite.chat.models import Conversation, Message
from chatsite.live import stream
from streaming import admission, runs
from streaming.admission import Admission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

EVENTS = "/conversations/events/"


@pytest.fixture(autouse=True)
def room_of_eight() -> Iterator[None]:
    """Streams of lists have two places."""
    limit, Admission.server_limit = Admission.server_limit, 8
    yield
    Admission.server_limit = limit


def conversation(owner: User, title: str, status: str | None = None) -> Conversation:
    """A conversation; with a status, a reply of it that its owner has not seen."""
    made = Conversation.objects.create(user=owner, title=title, assistant="chat")
    if status:
        question = made.messages.create(role="user", content="Hi")
        reply = {"parent": question, "role": "assistant", "run_id": uuid4()}
        made.messages.create(status=status, is_news=True, **reply)
    return made


def rows(html: str) -> list[str]:
    """What is read of each conversation."""
    links = re.findall(r'<a class="conversation"[^>]* href="/c/[0-9a-f][^>]*>(.+?)</a>', html)
    return [re.sub("<[^>]+>", "", link) for link in links]


def test_the_list_says_what_is_written_and_what_is_new(owner: User, client: Client) -> None:
    for title, status in [
        ("Old", None),
        ("Stopped", "stopped"),
        ("Failed", "failed"),
        ("New", "done"),
        ("Written", "running"),
    ]:
        conversation(owner, title, status)

    assert rows(client.get("/conversations/").text) == [
        "Written, a reply is being written",
        "New, new reply",
        "Failed, new reply",
        "Stopped",
        "Old",
    ]


def test_the_list_has_nobody_elses_conversations(client: Client) -> None:
    conversation(User.objects.create_user("other"), "Secret", "done")
    assert rows(client.get("/conversations/").text) == []


def test_archived_deleted_and_temporary_ones_are_not_in_it(owner: User, client: Client) -> None:
    for field in ({"is_archived": True}, {"deleted": "2026-01-01 00:00Z"}, {"expires": "2999-01-01 00:00Z"}):
        made = conversation(owner, "Hidden")
        Conversation.objects.filter(pk=made.pk).update(**field)
    assert rows(client.get("/conversations/").text) == []


def test_a_list_that_is_known_is_not_sent_again(owner: User, client: Client) -> None:
    made = conversation(owner, "Tea")
    known = {"If-None-Match": client.get("/conversations/")["ETag"]}

    assert client.get("/conversations/", headers=known).status_code == 304

    Conversation.objects.filter(pk=made.pk).update(title="Coffee")
    assert rows(client.get("/conversations/", headers=known).text) == ["Coffee"]


def test_the_page_of_a_conversation_shows_what_was_new_in_it(owner: User, client: Client) -> None:
    tea, coffee = conversation(owner, "Tea", "done"), conversation(owner, "Coffee", "done")

    assert rows(client.get(f"/c/{tea.pk}/").text)[:2] == ["Coffee, new reply", "Tea"]
    assert rows(client.get("/conversations/").text) == ["Coffee, new reply", "Tea"]
    assert [message.conversation for message in Message.objects.news()] == [coffee]


def test_a_reply_that_goes_on_is_seen_only_at_its_end(owner: User, client: Client) -> None:
    made = conversation(owner, "Tea", "running")

    client.get(f"/c/{made.pk}/")
    Message.objects.update(status="done")

    assert rows(client.get("/conversations/").text) == ["Tea, new reply"]


def test_the_list_costs_as_many_queries_however_much_goes_on(owner: User, client: Client) -> None:
    client.get("/conversations/")
    counts = []
    for _ in range(2):
        for number in range(20):
            conversation(owner, f"Number {number}", "done")
        with CaptureQueriesContext(connection) as captured:
            client.get("/conversations/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 4


def test_of_two_conditions_the_index_of_news_is_used(owner: User, client: Client) -> None:
    conversation(owner, "Tea", "done")
    plan = Message.objects.news().filter(conversation__in=Conversation.objects.all()[:1]).explain()
    if connection.vendor == "sqlite":
        assert "chat_news_of_conversation" in plan


# The stream's place


def closing(answer: Any) -> int:
    answer.close()
    return int(answer.status_code)


def test_a_guest_who_has_nothing_has_no_stream(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True
    answer = Client().get(EVENTS)
    assert (answer.status_code, "Retry-After" in answer) == (204, False)


def test_where_guests_may_not_be_there_is_no_stream() -> None:
    headers = {"Accept": "text/event-stream"}
    assert Client().get(EVENTS, headers=headers).status_code == 403


def test_streams_of_lists_have_a_quarter_of_the_room(client: Client) -> None:
    first, second, third = (client.get(EVENTS) for _ in range(3))

    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 204]
    assert third["Retry-After"] == "20"
    first.close()
    assert closing(client.get(EVENTS)) == 200
    second.close()
    assert stream.lists.count == 0


def test_readers_of_replies_leave_no_place_to_lists(client: Client) -> None:
    places = [admission.readers.enter() for _ in range(8)]
    assert client.get(EVENTS)["Retry-After"] == "20"
    for place in places:
        place.leave()
    assert closing(client.get(EVENTS)) == 200


def test_a_stream_gives_its_place_to_a_reader_who_needs_it(client: Client) -> None:
    answer: Any = client.get(EVENTS)
    received = iter(answer.streaming_content)
    assert b"event: changed" in next(received) + next(received)
    places = [admission.readers.enter() for _ in range(8)]

    assert list(received) == []

    for place in places:
        place.leave()
    answer.close()


def test_a_stream_ends_where_its_process_is_about_to(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer: Any = client.get(EVENTS)
    received = iter(answer.streaming_content)
    next(received)
    monkeypatch.setattr(runs, "is_draining", lambda: True)

    assert b"".join(received) in (b"", b"event: changed\ndata: {}\n\n")
    answer.close()
    assert client.get(EVENTS)["Retry-After"] == "1"
