"""Makes a shared conversation somebody's own: a copy of what the link shows."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Message
from chatsite.chat.portable import staging
from chatsite.chat.portable.numbering import path_to, read
from chatsite.images.pictures import Picture
from chatsite.sharing.models import Link

MOST_CHARACTERS = 5_000_000
"""Of all messages together: they are held in memory."""
SHOWN = ("output",)
"""Of a reply's details. The others can quote what is only for the person who shared it: their documents, what
tools found, and what the model thought of it."""
_COPIED = ("role", "content", "option", "status", "created", "model", "finish_reason")


class TooLongToCopy(Exception):
    """The conversation is larger than what is copied."""


def copy(link: Link, *, visitor: Visitor) -> UUID:
    """Store the copy, and return its id. Raises `TooLongToCopy` and `LimitReached`."""
    Allowance(visitor).take("imports")
    now = timezone.now()
    given = {
        "title": link.title,
        "assistant": link.conversation.assistant,
        "created": now,
        "updated": now,
        "pinned": False,
        "archived": False,
        "messages": list(_messages(link)),
    }
    (copied,) = staging.store([given], visitor=visitor)
    return copied


def shown_details(message: Message) -> dict[str, Any]:
    """What everybody sees of a reply beside its text."""
    return {name: part for name, part in message.details.items() if name in SHOWN}


def _messages(link: Link) -> Iterator[Mapping[str, Any]]:
    characters = 0
    path = path_to(link.conversation, link.leaf_id)
    for number, message in enumerate(read(link.conversation, path), 1):
        characters += len(message.content)
        if characters > MOST_CHARACTERS:
            raise TooLongToCopy
        yield {name: getattr(message, name) for name in _COPIED} | {
            "id": number,
            "parent": number - 1 or None,
            "continued": None,
            "details": shown_details(message),
            "images": map(Picture.of, message.images),  # one by one: each is a megabyte
        }
