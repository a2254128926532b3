"""What goes on in a person's conversations: where a reply is being written, and where one has ended that they
have not seen.

A reply is news from its beginning. It is none any more once it has ended and its owner has seen that: on its
page, or at the end of its events. So neither the beginning nor the end of a run writes anything for this.
"""

import logging
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import DatabaseError, close_old_connections

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation, Message
from chatsite.live.changes import changes
from streaming.events import End, Event, Idle

logger = logging.getLogger("chatsite.chat")


def add(listed: Sequence[Conversation], visitor: Visitor, *, shown: Conversation | None = None) -> None:
    """Mark those in which something goes on. One query, and one more to note that the `shown` one is seen."""
    ids = {conversation.pk for conversation in listed} | ({shown.pk} if shown else set())
    news = Message.objects.news().filter(conversation__in=ids).order_by()
    found = list(news.values_list("conversation", "status"))
    written = {pk for pk, status in found if status in Message.GOING_ON}
    # What was stopped is news to nobody: it was its owner who stopped it.
    ended = {pk for pk, status in found if status not in (*Message.GOING_ON, Message.Status.STOPPED)}
    for conversation in listed:
        conversation.is_written = conversation.pk in written
        conversation.has_news = conversation.pk in ended and conversation != shown
    if shown is not None and any(pk == shown.pk and status not in Message.GOING_ON for pk, status in found):
        _seen(shown.pk, visitor)


def seen_by_reader(
    events: Iterator[Event | Idle], reply: Message, visitor: Visitor
) -> Iterator[Event | Idle]:
    """The same events of a reply. Who has read the last one has seen how it ended."""
    for event in events:
        yield event
        if isinstance(event, End):
            _note_seen(reply.conversation_id, visitor)


def _note_seen(conversation: UUID, visitor: Visitor) -> None:
    try:
        _seen(conversation, visitor)
    except DatabaseError as exc:  # what was sent was sent
        logger.warning("a reply stays news: %s", type(exc).__name__)
    finally:
        close_old_connections()  # a stream holds none


def _seen(conversation: UUID, visitor: Visitor) -> None:
    """Note that its owner has seen what ended in a conversation, and tell their other pages."""
    news = Message.objects.news().filter(conversation=conversation).exclude(status__in=Message.GOING_ON)
    if news.update(is_news=None):
        changes.tell(visitor)
