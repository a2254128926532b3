"""What is beside the messages of a page, and the pages of the branches."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatsite.chat import siblings
from chatsite.chat.models import Conversation, Message
from chatsite.chat.page_view import PAGE_MESSAGES
from chatsite.chat.path import Siblings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]


@pytest.fixture
def talk(owner: User) -> Conversation:
    return Conversation.objects.create(user=owner, title="Talk", assistant="chat")


def say(talk: Conversation, content: str, parent: Message | None = None, **values: object) -> Message:
    """Another message, newer than all others."""
    role = "user" if parent is None or parent.role == "assistant" else "assistant"
    created = talk.created + timedelta(milliseconds=talk.messages.count())
    return talk.messages.create(role=role, content=content, parent=parent, created=created, **values)


def exchange(talk: Conversation, text: str, parent: Message | None = None) -> Message:
    """A question and its reply, which is returned."""
    return say(talk, f"{text}!", say(talk, f"{text}?", parent))


def shown(page: str) -> list[str]:
    """The texts of the messages on a page."""
    return re.findall(r"(?:data-text>|data-body><p>)([^<]+)<", page)


def versions(page: str) -> list[str]:
    return re.findall(r">Version (\d+ of \d+)<", page)


def links(page: str, label: str) -> list[str]:
    return [unescape(link) for link in re.findall(rf'href="([^"]+)" rel="\w+" title="{label} version"', page)]


def test_siblings_are_numbered_in_the_order_of_writing(talk: Conversation) -> None:
    first = exchange(talk, "one")
    question = first.parent
    assert question is not None
    second, third = say(talk, "two!", question), say(talk, "three!", question)

    path = talk.path(second)
    siblings.add(talk, path)

    assert path[0].siblings is None
    assert path[1].siblings == Siblings(2, 3, previous=first.pk, next=third.pk)


def test_the_first_message_and_one_below_have_siblings_of_their_own(talk: Conversation) -> None:
    reply = exchange(talk, "one")
    exchange(talk, "other one")
    deeper = exchange(talk, "two", reply)
    exchange(talk, "other two", reply)

    path = talk.path(deeper)
    siblings.add(talk, path)

    found = [message.siblings and (message.siblings.place, message.siblings.count) for message in path]
    assert found == [(1, 2), None, (1, 2), None]


def test_siblings_cost_one_query_however_many_there_are(talk: Conversation) -> None:
    leaf = exchange(talk, "one")
    asked = []
    for _ in range(2):
        path = talk.path(leaf)
        with CaptureQueriesContext(connection) as captured:
            siblings.add(talk, path)
        asked.append(len(captured))
        for number in range(50):
            exchange(talk, f"other {number}")
            say(talk, "another", leaf.parent)
        for _ in range(20):
            leaf = exchange(talk, "deeper", leaf)

    assert asked == [1, 1]


def test_a_page_costs_as_many_queries_however_many_branches(talk: Conversation, client: Client) -> None:
    first = exchange(talk, "one")
    urls = [talk.get_absolute_url(), talk.get_absolute_url(leaf=first.pk)]
    asked = []
    for _ in range(3):  # the first one stores what it has rendered
        with CaptureQueriesContext(connection) as captured:
            for url in urls:
                assert client.get(url).status_code == 200
        asked.append(len(captured))
        for number in range(20):
            exchange(talk, f"other {number}")
            say(talk, "another", first.parent)

    assert asked[1] == asked[2]


def test_a_page_shows_the_branch_of_its_leaf_to_the_newest(talk: Conversation, client: Client) -> None:
    first = exchange(talk, "one")
    deeper = exchange(talk, "two", first)
    exchange(talk, "other one")

    assert shown(client.get(talk.get_absolute_url()).text) == ["other one?", "other one!"]
    for leaf in (first, first.parent, deeper):
        assert leaf is not None
        page = client.get(talk.get_absolute_url(leaf=leaf.pk)).text
        assert shown(page) == ["one?", "one!", "two?", "two!"]
        assert versions(page) == ["1 of 2"]


def test_every_branch_can_be_reached_by_links(talk: Conversation, client: Client) -> None:
    for number in range(3):
        exchange(talk, f"{number}")

    page, seen = client.get(talk.get_absolute_url()).text, []
    while True:
        seen += shown(page)[:1]
        if not (previous := links(page, "Previous")):
            break
        page = client.get(previous[0].partition("#")[0], follow=True).text

    assert seen == ["2?", "1?", "0?"]
    assert len(links(page, "Next")) == 1


def test_a_reply_that_failed_is_a_version_and_shown_when_asked_for(
    talk: Conversation, client: Client
) -> None:
    good = exchange(talk, "one")
    bad = say(talk, "half", good.parent, status="failed")
    assert bad.parent is not None

    for url in (talk.get_absolute_url(), talk.get_absolute_url(leaf=bad.parent.pk)):
        page = client.get(url).text
        assert (shown(page), versions(page)) == (["one?", "one!"], ["1 of 2"])
    page = client.get(talk.get_absolute_url(leaf=bad.pk)).text
    assert (shown(page), versions(page)) == (["one?", "half"], ["2 of 2"])


def test_the_page_of_a_leaf_is_unchanged_until_there_is_something_new(
    talk: Conversation, client: Client
) -> None:
    first = exchange(talk, "one")
    url = talk.get_absolute_url(leaf=first.pk)
    etag = client.get(url)["ETag"]

    assert etag == f'"{first.pk}-done-2-en"'
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    exchange(talk, "other one")  # there is another version now
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_a_page_is_sent_from_into_the_branch_that_it_shows(talk: Conversation, client: Client) -> None:
    first = exchange(talk, "one")
    exchange(talk, "other one")
    page = client.get(talk.get_absolute_url(leaf=first.pk)).text

    assert re.findall(r'name="leaf" value="([^"]*)"', page) == [str(first.pk)]
    assert 'name="leaf" value=""' in client.get("/").text


def test_where_a_message_is_leads_to_its_branch(talk: Conversation, client: Client) -> None:
    first = exchange(talk, "one")
    exchange(talk, "other one")

    answer = client.get(talk.get_absolute_url(), {"until": str(first.pk)})

    assert (answer.status_code, answer["Location"]) == (302, talk.get_absolute_url(leaf=first.pk))


def test_a_message_far_back_is_shown_with_those_before_it(talk: Conversation, client: Client) -> None:
    first = leaf = exchange(talk, "one")
    for number in range(PAGE_MESSAGES):
        leaf = exchange(talk, f"later {number}", leaf)
    exchange(talk, "other one")

    page = client.get(talk.get_absolute_url(), {"until": str(first.pk)}).text

    assert shown(page) == ["one?", "one!"]
    assert versions(page) == ["1 of 2"]
    newest = re.search(r'<a href="([^"]+)">Newest messages<', page)
    assert newest is not None
    assert shown(client.get(unescape(newest[1])).text)[-1] == f"later {PAGE_MESSAGES - 1}!"


def test_there_is_no_branch_of_a_strange_leaf(talk: Conversation, owner: User, client: Client) -> None:
    exchange(talk, "one")
    other = exchange(Conversation.objects.create(user=owner, title="Other", assistant="chat"), "two")

    for leaf in ("", "x", "\0", str(uuid4()), str(other.pk)):
        assert client.get(talk.get_absolute_url(), {"leaf": leaf}).status_code == 404
