"""What is in an exported file: everything, and nobody else's."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation, Message
from chatsite.chat.portable import export, numbering
from chatsite.chat.portable.export import as_json, everything_of
from chatsite.chat.portable.markdown import as_markdown
from tests.chatsite.chat.portable.conversations import BEGUN, DETAILS, add, rich

pytestmark = pytest.mark.django_db


def exported(*conversations: Conversation) -> Any:
    return json.loads("".join(as_json(conversations)))


def test_the_file_has_every_branch_with_its_details(owner: User) -> None:
    rich(owner)

    whole = exported(*Conversation.objects.all())

    assert (whole["format"], whole["version"]) == ("streaming-chat", 1)
    (talk,) = whole["conversations"]
    messages = talk.pop("messages")
    assert talk == {
        "title": "Tea & “cake”",
        "assistant": "agent",
        "created": BEGUN.isoformat(),
        "updated": (BEGUN + timedelta(days=1)).isoformat(),
        "pinned": True,
        "archived": True,
    }
    assert [(message["id"], message["parent"]) for message in messages] == [
        (1, None),
        (2, 1),
        (3, 1),
        (4, 3),
        (5, 4),
    ]
    assert messages[0]["option"] == "brief"
    assert messages[2] == {
        "id": 3,
        "parent": 1,
        "role": "assistant",
        "content": "A drink \u2028 of leaves.",
        "status": "done",
        "created": (BEGUN + timedelta(seconds=2)).isoformat(),
        "continued": 2,
        "model": "gpt-x",
        "finish_reason": "stop",
        "usage": {"input_tokens": 12, "output_tokens": 0, "source": "reported"},
        "times": {"first_token_ms": 250, "took_ms": 1250},
        "details": DETAILS,
    }
    assert messages[4]["error"] == {"code": "timeout", "message": "Too slow."}


def test_a_message_comes_after_what_it_answers_even_if_a_clock_was_wrong(owner: User) -> None:
    talk = Conversation.objects.create(user=owner, title="Talk", assistant="chat")
    reply = add(talk, add(talk, None, "user", "Hi"), "assistant", "Yes.")
    Message.objects.filter(pk=reply.pk).update(created=BEGUN - timedelta(days=1))

    messages = exported(talk)["conversations"][0]["messages"]

    assert [message["content"] for message in messages] == ["Hi", "Yes."]


def test_everything_is_what_a_person_has_not_deleted(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    other = User.objects.create_user("other")
    for number in range(5):
        Conversation.objects.create(user=owner, title=str(number), assistant="chat", is_archived=number == 2)
    Conversation.objects.create(user=other, title="Secret", assistant="chat")
    Conversation.objects.create(user=owner, title="Gone", assistant="chat", deleted=BEGUN)
    Conversation.objects.update(created=BEGUN)  # all at the same moment

    titles = [talk.title for talk in everything_of(Visitor(user=owner))]

    assert sorted(titles) == ["0", "1", "2", "3", "4"]
    assert list(everything_of(Visitor())) == []


def test_a_long_conversation_is_read_a_few_messages_at_a_time(owner: User) -> None:
    talk = Conversation.objects.create(user=owner, title="Talk", assistant="chat")
    message = None
    for number in range(2 * numbering.AT_ONCE + 1):
        message = add(talk, message, "assistant" if number % 2 else "user", f"canary-{number}.")

    with CaptureQueriesContext(connection) as captured:
        pieces = as_json([talk])
        while "canary-0." not in next(pieces):
            pass
        begun = len(captured)
        rest = "".join(pieces)

    assert f"canary-{2 * numbering.AT_ONCE}." in rest
    assert (begun, len(captured)) == (4, 8)  # messages, and their images


def test_no_messages_are_no_conversation_less(owner: User) -> None:
    talk = Conversation.objects.create(user=owner, title="Talk", assistant="chat")
    assert exported(talk)["conversations"][0]["messages"] == []
    assert "".join(as_markdown([talk])) == "# Talk\n"


def test_markdown_has_what_the_page_shows(owner: User) -> None:
    talk = Conversation.objects.create(user=owner, title="Tea", assistant="chat")
    question = add(talk, None, "user", "What is it?")
    add(talk, question, "assistant", "A dr", status="stopped")
    reply = add(talk, question, "assistant", "A *drink*.\n", model="gpt-x", details=DETAILS | {"output": 1})
    add(talk, add(talk, reply, "user", "Form?"), "assistant", '{"a": 1}', details={"output": {"a": 1}})

    assert "".join(as_markdown([talk])) == (
        "# Tea\n\n"
        "## You · 2026-01-31 12:00 UTC\n\nWhat is it?\n\n"
        "## gpt-x · 2026-01-31 12:00 UTC\n\nA *drink*.\n\nSources:\n\n1. Notes\n\n"
        "## You · 2026-01-31 12:00 UTC\n\nForm?\n\n"
        '## Reply · 2026-01-31 12:00 UTC\n\n```json\n{"a": 1}\n```\n'
    )
