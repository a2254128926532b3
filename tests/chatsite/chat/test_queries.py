"""What sending a message asks of the database: as much, however long the conversation is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.signals import post_init
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from langchain_core.runnables import RunnableLambda
from pytest_django import Settings

from chatsite.accounts.models import Guest
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Assistant
from chatsite.chat import replies
from chatsite.chat.models import Conversation, Message
from streaming.models import Run
from tests.streaming.durable_runs import a_process, read

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef"


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
    client.cookies[settings.GUEST_COOKIE_NAME] = KEY
    return client


def guest_id() -> str:
    """By what the client's conversations are known as its own."""
    known = Guest.objects.with_key(KEY)
    assert known is not None
    return known.pk


def conversation_of(messages: int) -> Conversation:
    """A conversation of so many messages, one below the other."""
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest=guest_id())
    now = timezone.now()
    path: list[Message] = []
    for number in range(messages):
        role = Message.Role.ASSISTANT if number % 2 else Message.Role.USER
        parent, created = path[-1] if path else None, now + timedelta(microseconds=number)
        path.append(
            Message(conversation=conversation, parent=parent, role=role, content="Hi", created=created)
        )
    Message.objects.bulk_create(path)
    return conversation


def queries_of_sending(
    conversation: Conversation | None, client: Client, *, leaf: Message | None = None
) -> list[str]:
    """The statements of one POST /messages/, without those of other threads."""
    fields = {"text": "Hi", "key": str(uuid4())} | ({"leaf": str(leaf.pk)} if leaf else {})
    fields |= {"conversation": str(conversation.pk)} if conversation else {}
    with CaptureQueriesContext(connection) as captured:
        assert client.post(reverse("chat:send"), fields).status_code == 303
    reply = Message.objects.filter(role=Message.Role.ASSISTANT, run_id__isnull=False).last()
    assert reply is not None
    read(reply.run)
    return [query["sql"] for query in captured.captured_queries]


def test_sending_costs_as_many_queries_however_long_the_conversation() -> None:
    client = guest()
    queries_of_sending(None, client)  # the lease is taken

    new = queries_of_sending(None, client)
    short = queries_of_sending(conversation_of(2), client)
    long = queries_of_sending(conversation_of(2000), client)

    assert len(long) == len(short) <= 16
    assert len(new) <= 13
    assert [sum(query.startswith("BEGIN") for query in sent) for sent in (new, short, long)] == [1, 1, 1]


def test_sending_into_a_branch_costs_as_many_queries_however_large_it_is() -> None:
    client = guest()
    queries_of_sending(None, client)  # the lease is taken

    small = conversation_of(2)
    large = conversation_of(2000)
    ends = [(small, small.messages.last()), (large, large.messages.first()), (large, large.messages.last())]
    counts = {len(queries_of_sending(conversation, client, leaf=leaf)) for conversation, leaf in ends}

    assert len(counts) == 1
    assert max(counts) <= 17


def test_no_more_messages_are_read_than_the_model_can(settings: Settings) -> None:
    settings.CHAT_CONTEXT_TOKENS, settings.CHAT_MAX_TOKENS = 200, 100
    conversation = conversation_of(2000)
    read: list[Message] = []

    def note(instance: Message, **kwargs: object) -> None:
        read.append(instance)

    post_init.connect(note, sender=Message)
    try:
        queries_of_sending(conversation, guest())
    finally:
        post_init.disconnect(note, sender=Message)

    assert len(read) < 50


def test_a_conversation_that_was_adopted_meanwhile_stays_adopted() -> None:
    conversation = conversation_of(2)
    user = User.objects.create_user("ada")
    Conversation.objects.update(user=user, guest="")

    send_late(conversation)

    assert Conversation.objects.get().user == user


def test_a_conversation_that_was_deleted_meanwhile_stays_deleted() -> None:
    conversation = conversation_of(2)
    Conversation.objects.filter(pk=conversation.pk).delete()

    with pytest.raises(Conversation.DoesNotExist):
        send_late(conversation)

    assert not Conversation.objects.exists()


def test_a_conversation_whose_owner_has_just_deleted_it_takes_nothing_more() -> None:
    conversation = conversation_of(2)
    reply = conversation.messages.get(role=Message.Role.ASSISTANT)
    Conversation.objects.update(deleted=timezone.now())

    with pytest.raises(Conversation.DoesNotExist):
        send_late(conversation)
    with pytest.raises(Conversation.DoesNotExist):
        replies.regenerate(reply, visitor=Visitor(guest=guest_id()))

    assert Message.objects.count() == 2
    assert not Run.objects.going_on().exists()


def test_a_conversation_that_somebody_goes_on_with_leaves_the_archive() -> None:
    conversation = conversation_of(2)
    Conversation.objects.update(is_archived=True)

    send_late(conversation)

    assert not Conversation.objects.get().is_archived


def test_a_repeated_request_brings_nothing_back_that_was_deleted() -> None:
    client, fields = guest(), {"text": "Hi", "key": str(uuid4())}
    assert client.post(reverse("chat:send"), fields).status_code == 303
    reply = Message.objects.get(role=Message.Role.ASSISTANT)
    read(reply.run)
    Conversation.objects.update(deleted=timezone.now())

    answer = client.post(reverse("chat:send"), fields, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert Message.objects.count() == 2


def send_late(conversation: Conversation) -> None:
    """Send to a conversation that was read before something happened to it."""
    visitor = Visitor(guest=guest_id())
    started = replies.send(
        "Hi", visitor=visitor, conversation=conversation, parent=None, assistant=conversation.assistant
    )
    read(started.reply.run)
