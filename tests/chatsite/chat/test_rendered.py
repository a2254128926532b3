"""A finished reply is rendered once: its HTML is stored, and shown for as long as it is the right one."""

import re
from collections.abc import Hashable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatsite.chat import rendered
from chatsite.chat.models import Conversation, Message, RenderedReply
from chatsite.chat.page_view import PAGE_MESSAGES
from chatsite.chat.rendered import WAIT, with_html
from chatsite.chat.rendering.markdown import Whole, render
from chatsite.chat.rendering.pieces import plain
from chatsite.config.sqlite import base
from chatsite.confined.pool import Pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process")]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the children are asked to do."""
    found: list[object] = []

    def ask(pool: Pool, job: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        found.append(job["do"])
        return done(pool, job, *args, **kwargs)

    done = Pool.ask
    monkeypatch.setattr(Pool, "ask", ask)
    return found


def conversation_of(*texts: str, **fields: Any) -> Conversation:
    """Replies with these texts, each below the one before."""
    owner = User.objects.create_user(f"owner-{uuid4()}")
    conversation = Conversation.objects.create(user=owner, title="Hi", assistant="chat")
    parent: Message | None = None
    for number, text in enumerate(texts):
        created = conversation.created + timedelta(milliseconds=number)
        given = {"role": "assistant", "content": text, "parent": parent, "created": created} | fields
        parent = conversation.messages.create(**given)
    return conversation


def shown(conversation: Conversation) -> list[str]:
    return [message.html for message in with_html(conversation.path())]


def bodies(page: str) -> list[str]:
    """What the page has of each reply."""
    return re.findall(r"data-body>(.*?)</div>\n<div class=\"prose-tail\"", page, re.DOTALL)


def test_a_page_of_stored_replies_asks_no_child_and_is_the_same(client: Client, asked: list[object]) -> None:
    texts = [f"Reply *{number}*, `code`\n\n- a [link](https://a.example)" for number in range(PAGE_MESSAGES)]
    conversation = conversation_of(*texts)
    assert conversation.user
    client.force_login(conversation.user)
    url = conversation.get_absolute_url()
    first = bodies(client.get(url).text)
    assert len(asked) == PAGE_MESSAGES
    asked.clear()

    with CaptureQueriesContext(connection) as captured:
        again = bodies(client.get(url).text)

    assert asked == []
    assert again == first == [*(render(text).html for text in texts), ""]
    about_html = [query["sql"] for query in captured if "chat_renderedreply" in query["sql"]]
    assert len(about_html) == 1


def test_html_that_the_site_did_not_write_is_not_shown() -> None:
    conversation = conversation_of("One *word*.", "Two *words*.")
    (one, two) = shown(conversation)
    rows = RenderedReply.objects.order_by("message__created")
    seal = rows[0].seal
    rows.filter(html=one).update(html="<script>alert(1)</script>")
    RenderedReply.objects.filter(html=two).update(html=one, seal=seal)

    assert shown(conversation) == [one, two]
    assert [row.html for row in rows] == [one, two]


def test_html_of_another_text_is_not_shown() -> None:
    conversation = conversation_of("One *word*.")
    shown(conversation)
    conversation.messages.update(content="Another *word*.")

    assert shown(conversation) == ["<p>Another <em>word</em>.</p>\n"]


def test_html_of_an_older_renderer_is_rendered_anew_and_replaced(
    monkeypatch: pytest.MonkeyPatch, asked: list[object]
) -> None:
    conversation = conversation_of("One *word*.")
    shown(conversation)
    monkeypatch.setattr(rendered, "renderer_version", lambda: "another")
    asked.clear()

    for _ in range(2):
        assert shown(conversation) == ["<p>One <em>word</em>.</p>\n"]

    assert len(asked) == 1
    assert RenderedReply.objects.count() == 1


def test_html_goes_with_its_conversation() -> None:
    conversation = conversation_of("One *word*.")
    shown(conversation)

    conversation.delete()

    assert not RenderedReply.objects.exists()


def test_nothing_is_stored_of_a_reply_that_goes_on_or_is_read_as_fields() -> None:
    going_on = conversation_of("One *word*.", status="running", run_id=uuid4())
    fields = conversation_of('{"a": 1}', details={"output": {"a": 1}})
    empty = conversation_of("", status="failed")

    assert [shown(conversation) for conversation in (going_on, fields, empty)] == [[""], [""], [""]]
    assert not RenderedReply.objects.exists()


def test_what_was_rendered_in_want_of_room_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = conversation_of("One *word*.")

    def in_want_of_room(text: str, *, owner: Hashable) -> Whole:
        return Whole(plain(text), is_provisional=True)

    monkeypatch.setattr(rendered, "render", in_want_of_room)
    assert shown(conversation) == ["<pre>One *word*.</pre>\n"]
    monkeypatch.undo()

    assert shown(conversation) == ["<p>One <em>word</em>.</p>\n"]


def test_html_that_is_too_long_is_shown_and_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = conversation_of("One *word*."), conversation_of("One *longer* word.")
    monkeypatch.setattr(rendered, "LONGEST", len("<p>One <em>word</em>.</p>\n"))

    assert shown(long) == ["<p>One <em>longer</em> word.</p>\n"]
    assert not RenderedReply.objects.exists()
    shown(short)
    assert RenderedReply.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_page_shows_a_reply_that_is_deleted_at_that_moment() -> None:
    conversation = conversation_of("One *word*.")
    path = conversation.path()
    conversation.delete()

    assert [message.html for message in with_html(path)] == ["<p>One <em>word</em>.</p>\n"]
    assert not RenderedReply.objects.exists()


class Taken:
    """In the place of the queue of SQLite's writers: somebody else writes for ever."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def enter(self, *, patience: float) -> bool:
        self.waited.append(patience)
        return False


@pytest.mark.django_db(transaction=True)
def test_a_page_waits_for_others_who_write_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one writer")
    conversation = conversation_of("One *word*.")
    queue = Taken()
    with monkeypatch.context() as patched:
        patched.setattr(base, "_queue", queue)
        assert shown(conversation) == ["<p>One <em>word</em>.</p>\n"]

    assert queue.waited == [WAIT]
    assert not RenderedReply.objects.exists()
