"""Stores conversations that come from elsewhere: all of them, or none.

They can have thousands of messages, which are stored in small transactions, between which others write. Until
the last one the conversations belong to nobody and count as deleted: nobody sees them, and if this process
dies, retention deletes them.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.preferences import USUAL, Preferences
from chatsite.chat import titles
from chatsite.chat.models import Conversation, Message
from chatsite.images.models import Attachment, Image
from chatsite.images.pictures import Picture, require_room
from chatsite.live.changes import changes
from chatsite.preferences.models import OfConversation

BATCH = 100
"""Messages in one transaction."""
PAUSE = 0.01
"""Seconds after that: SQLite has one writer, and others look now and then whether it is free."""

_NOT_FIELDS = ("id", "parent", "continued", "images")
"""Of what is given of a message: what is not stored as it is."""

Row = TypeVar("Row")


class TookTooLong(Exception):
    """Retention took the conversations for left behind. Nothing was stored."""


def store(conversations: Iterable[Mapping[str, Any]], *, visitor: Visitor) -> list[UUID]:
    """Store conversations, as `check.checked` gives them, for the visitor. Returns their ids.

    But the `images` of each message are `Picture`s, which are looked at one after the other. Raises
    `LimitReached` where they are more than the visitor may have.
    """
    staged: list[UUID] = []
    size = 0
    try:
        for given in conversations:
            conversation = _begin(given)
            staged.append(conversation.pk)
            preferences = Preferences(**given.get("settings", {}))
            if preferences != USUAL:
                OfConversation.keep(conversation, preferences)
            messages = _messages(conversation, given["messages"])
            _store(messages)
            for message, each in zip(messages, given["messages"], strict=True):
                for number, picture in enumerate(each["images"], 1):
                    size += len(picture.content)
                    require_room(visitor, size)
                    _store_image(picture, message, number)
        _hand_over(staged, visitor)
    except BaseException:
        Conversation.objects.filter(pk__in=staged).delete()
        raise
    return staged


def _begin(given: Mapping[str, Any]) -> Conversation:
    """The conversation, without its messages and its owner."""
    facts = {"title": titles.of_message(given["title"]), "assistant": given["assistant"]}
    conversation = Conversation(**facts, deleted=timezone.now())
    with transaction.atomic():
        conversation.save(force_insert=True)
        # Not by `save`: that says when it was saved.
        Conversation.objects.filter(pk=conversation.pk).update(
            created=given["created"],
            updated=given["updated"],
            is_pinned=given["pinned"],
            is_archived=given["archived"],
        )
    return conversation


def _messages(conversation: Conversation, given: Sequence[Mapping[str, Any]]) -> list[Message]:
    # Messages of one moment are told apart by their ids: these are in the file's order.
    ids = dict(zip((each["id"] for each in given), sorted(uuid4() for _ in given), strict=True))
    return [
        Message(
            **{name: value for name, value in each.items() if name not in _NOT_FIELDS},
            pk=ids[each["id"]],
            conversation=conversation,
            parent_id=ids.get(each["parent"]),
            continued_id=ids.get(each["continued"]),
        )
        for each in given
    ]


def _store(messages: Sequence[Message]) -> None:
    for some in _some_at_a_time(messages):
        with transaction.atomic():
            Message.objects.bulk_create(some)
        time.sleep(PAUSE * len(some) / BATCH)


def _store_image(picture: Picture, message: Message, number: int) -> None:
    with transaction.atomic():
        image = picture.store(conversation=message.conversation)
        Attachment.objects.create(message=message, image=image, number=number)
    time.sleep(PAUSE)


def _hand_over(staged: Sequence[UUID], visitor: Visitor) -> None:
    """Let all of them be the visitor's, in one transaction."""
    with transaction.atomic():
        handed_over = sum(
            Conversation.objects.filter(pk__in=ids, user=None, guest="").update(
                user=visitor.user, guest=visitor.guest, deleted=None
            )
            for ids in _some_at_a_time(staged)
        )
        if handed_over != len(staged):
            raise TookTooLong
        for ids in _some_at_a_time(staged):
            Image.objects.filter(conversation__in=ids).update(user=visitor.user, guest=visitor.guest)
        changes.tell(visitor)


def _some_at_a_time(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
