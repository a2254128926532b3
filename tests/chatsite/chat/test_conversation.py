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
    seen = conversation.version()
    earlier = timezone.now() - timedelta(seconds=30)
    monkeypatch.setattr(timezone, "now", lambda: earlier)
    second = exchange(conversation, first)

    assert conversation.path()[-1] == second
    assert len(conversation.path()) == 4
    assert conversation.version() != seen


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


def replied(question: Message, status: str, **values: object) -> Message:
    """Another reply beside the others."""
    values["created"] = timezone.now() + timedelta(seconds=question.replies.count())
    return question.conversation.messages.create(role="assistant", parent=question, status=status, **values)


@pytest.mark.parametrize("status", ["failed", "stopped", "interrupted"])
def test_a_reply_that_failed_does_not_replace_a_finished_one(status: str) -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    good = exchange(conversation)
    question = good.parent
    assert question is not None
    seen = conversation.version()
    replied(question, status)

    assert conversation.path() == [question, good]
    assert conversation.version() != seen


def test_a_reply_that_is_written_takes_the_place_at_once() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    question = exchange(conversation).parent
    assert question is not None
    newest = replied(question, "running")
    assert conversation.path()[-1] == newest


def test_what_goes_on_with_a_reply_takes_its_place() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    cut = exchange(conversation)
    assert cut.parent is not None
    newest = replied(cut.parent, "stopped", continued=cut)
    assert conversation.path()[-1] == newest


def test_of_replies_that_failed_the_newest_is_shown() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    question = conversation.messages.create(role="user", content="?")
    replied(question, "failed")
    newest = replied(question, "stopped")
    assert conversation.path()[-1] == newest


def test_below_a_message_the_newest_of_its_branch_is_shown() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    first = exchange(conversation)
    deeper = exchange(conversation, first)
    elsewhere = exchange(conversation)
    conversation.messages.filter(pk=elsewhere.pk).update(created=timezone.now() + timedelta(minutes=1))

    assert conversation.path()[-1] == elsewhere
    for message in (first.parent, first, deeper.parent, deeper):
        assert conversation.path(below=message)[-1] == deeper
    assert conversation.version(below=first) == f"{deeper.pk}-done-6"


def test_a_reply_that_failed_is_shown_to_those_who_ask_for_it() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    good = exchange(conversation)
    question = good.parent
    assert question is not None
    bad = replied(question, "failed")

    assert conversation.path(below=question) == [question, good]
    assert conversation.path(below=bad) == [question, bad]


def test_there_is_no_path_below_a_deleted_message() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    reply = exchange(conversation)
    Message.objects.filter(pk=reply.pk).delete()

    with pytest.raises(Message.DoesNotExist):
        conversation.path(below=reply)


def test_a_message_in_between_is_another_version() -> None:
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest="g")
    last = exchange(conversation)
    seen = conversation.version()
    conversation.messages.create(role="user", content="?", created=last.created - timedelta(minutes=1))

    assert conversation.version() != seen
