"""Which messages of a conversation are shown."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatsite.chat.models import Conversation, Message

pytestmark = pytest.mark.django_db


def exchange(conversation: Conversation, parent: Message | None = None) -> Message:
    question = conversation.messages.create(role="user", content="?", parent=parent)
    return conversation.messages.create(role="assistant", content="!", parent=question)


def test_the_newest_exchange_is_shown_although_a_machines_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    first = exchange(conversation)
    seen = conversation.version
    earlier = timezone.now() - timedelta(seconds=30)
    monkeypatch.setattr(timezone, "now", lambda: earlier)
    second = exchange(conversation, first)

    assert conversation.path()[-1] == second
    assert len(conversation.path()) == 4
    assert conversation.version != seen


def test_a_reply_comes_after_the_question_that_was_stored_at_the_same_moment() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    reply = exchange(conversation)
    conversation.messages.update(created=reply.created)

    assert conversation.path()[-1] == reply


def test_a_path_of_so_many_characters_has_the_newest_messages() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    first = exchange(conversation)
    other = exchange(conversation)
    last = exchange(conversation, first)

    assert conversation.path(last) == [first.parent, first, last.parent, last]
    assert conversation.path(last, characters=14) == [last.parent, last]
    assert conversation.path(last, characters=0) == [last]
    assert conversation.path(other) == [other.parent, other]


def test_a_deleted_message_has_no_path() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    reply = exchange(conversation)
    Message.objects.filter(pk=reply.pk).delete()

    with pytest.raises(Message.DoesNotExist):
        conversation.path(reply)
