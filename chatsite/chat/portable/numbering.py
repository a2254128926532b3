"""Reads a conversation's messages in an order in which each comes after the one that it answers.

Of the whole tree only the ids are held; the messages are read a few at a time, for one may have megabytes.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import connection

from chatsite.chat.models import Conversation, Message
from chatsite.chat.replies import with_text_so_far
from chatsite.images.messages import add_to

AT_ONCE = 20
"""Messages in one query."""


def numbered(conversation: Conversation) -> dict[UUID, int]:
    """The ids of all its messages, with their numbers in the file, from 1."""
    replies: dict[UUID | None, list[UUID]] = defaultdict(list)
    rows = conversation.messages.order_by("created", "-role", "pk").values_list("pk", "parent")
    for pk, parent in rows:
        replies[parent].append(pk)
    order = list(replies[None])
    for pk in order:  # grows meanwhile
        order += replies[pk]
    return {pk: number for number, pk in enumerate(order, 1)}


def path_to(
    conversation: Conversation, leaf: UUID | None = None, *, below: Message | None = None
) -> list[UUID]:
    """The ids of the messages from the first to the leaf; if it is not given to the newest one, or to the
    newest one `below` another."""
    parents = dict(conversation.messages.values_list("pk", "parent"))
    path = [leaf] if leaf else [message.pk for message in conversation.path(below=below, most=1)]
    while path and (parent := parents.get(path[-1])) is not None:
        path.append(parent)
    return path[::-1]


def read(conversation: Conversation, ids: Sequence[UUID]) -> Iterator[Message]:
    """These messages. A reply that is being written has its text so far."""
    for start in range(0, len(ids), AT_ONCE):
        batch = ids[start : start + AT_ONCE]
        found = Message.objects.in_bulk(batch)
        messages = [found[pk] for pk in batch if pk in found]
        for message in messages:
            message.conversation = conversation
        add_to(messages)
        with_text_so_far(messages)
        let_go()
        yield from messages


def let_go() -> None:
    """Hold no connection while somebody reads slowly."""
    if not connection.in_atomic_block:
        connection.close()
