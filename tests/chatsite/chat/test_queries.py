"""How often the database is asked when a message is sent: as often, however long the conversation is."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from langchain_core.runnables import RunnableLambda
from pytest_django import Settings

from chatsite.assistants.base import Assistant
from chatsite.chat import replies
from chatsite.chat.models import Conversation, Message
from tests.streaming.durable_runs import a_process, read

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = "0123456789abcdef"


@pytest.fixture(autouse=True)
def site_in_this_process(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> Iterator[None]:
    """The site without a server and a model, for guests."""
    settings.CHAT_ALLOW_GUESTS = True
    settings.STATIC_ROOT = tmp_path
    fast = Assistant(slug="x", name="X", description="", build=lambda: RunnableLambda(lambda _: "Yes."))
    monkeypatch.setattr(replies, "_assistant_of", lambda conversation: fast)
    with a_process():
        yield


def guest() -> Client:
    client = Client()
    session = client.session
    session["guest"] = GUEST
    session.save()
    return client


def conversation_of(messages: int) -> Conversation:
    """A conversation of so many messages, one below the other."""
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest=GUEST)
    parent = None
    for number in range(messages):
        role = Message.Role.ASSISTANT if number % 2 else Message.Role.USER
        parent = Message.objects.create(conversation=conversation, parent=parent, role=role, content="Hi")
    return conversation


def queries_of_sending(conversation: Conversation | None, client: Client) -> list[str]:
    """The statements of one POST /messages/, without those of other threads."""
    fields = {"text": "Hi", "key": str(uuid4())} | (
        {"conversation": str(conversation.pk)} if conversation else {}
    )
    with CaptureQueriesContext(connection) as captured:
        assert client.post(reverse("chat:send"), fields).status_code == 303
    reply = Message.objects.filter(role=Message.Role.ASSISTANT, run_id__isnull=False).last()
    assert reply is not None
    read(reply.run)
    return [query["sql"] for query in captured.captured_queries]


def test_sending_costs_as_many_queries_however_long_the_conversation() -> None:
    client = guest()
    queries_of_sending(None, client)  # the lease is taken, the session is written

    new = queries_of_sending(None, client)
    short = queries_of_sending(conversation_of(2), client)
    long = queries_of_sending(conversation_of(300), client)

    assert len(long) == len(short) <= 15
    assert len(new) <= 13
    assert [sum(query.startswith("BEGIN") for query in sent) for sent in (new, short, long)] == [1, 1, 1]
