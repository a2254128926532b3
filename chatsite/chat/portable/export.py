"""Writes conversations as JSON, a message at a time, however many there are."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation, Message
from chatsite.chat.portable import format as file_format
from chatsite.chat.portable.numbering import let_go, numbered, read
from chatsite.images.models import Image
from chatsite.images.pictures import Picture

AT_ONCE = 50
"""Conversations in one query."""
KEPT_BACK = "sent_back"
"""Of the details: it is for the model's server alone."""


def everything_of(visitor: Visitor) -> Iterator[Conversation]:
    """All of the visitor's conversations but temporary ones, also those in the archive, the oldest first.

    What is begun, renamed or deleted meanwhile does not move the others: none is left out or comes twice.
    """
    found = Conversation.objects.for_visitor(visitor).listed().select_related("kept_preferences")
    rest = Q()
    while some := list(found.filter(rest).order_by("created", "pk")[:AT_ONCE]):
        let_go()
        yield from some
        last = some[-1]
        rest = Q(created__gt=last.created) | Q(created=last.created, pk__gt=last.pk)


def as_json(conversations: Iterable[Conversation]) -> Iterator[str]:
    """The file, in pieces."""
    head = {
        "format": file_format.NAME,
        "version": file_format.VERSION,
        "exported": timezone.now().isoformat(),
    }
    yield _open(head, "conversations")
    room = Room()
    for number, conversation in enumerate(conversations):
        yield ",\n" if number else "\n"
        yield from _conversation(conversation, room)
    yield "\n]}\n"


class Room:
    """What there is in a file for images: half of what a file that is imported may have."""

    def __init__(self) -> None:
        self._left = settings.DOCUMENT_MAX_BYTES // 2

    def take(self, size: int) -> bool:
        """Take so many bytes as they are written, if there are so many left."""
        written = -(-size // 3) * 4
        if written > self._left:
            return False
        self._left -= written
        return True


def _conversation(conversation: Conversation, room: Room) -> Iterator[str]:
    facts: dict[str, object] = {
        "title": conversation.title,
        "assistant": conversation.assistant,
        "created": conversation.created.isoformat(),
        "updated": conversation.updated.isoformat(),
        "pinned": conversation.is_pinned,
        "archived": conversation.is_archived,
    }
    if settings := _settings(conversation):
        facts["settings"] = settings
    yield _open(facts, "messages")
    numbers = numbered(conversation)
    for place, message in enumerate(read(conversation, list(numbers))):
        yield (",\n" if place else "\n") + _dumps(_message(message, numbers, room))
    yield "\n]}"


def _settings(conversation: Conversation) -> dict[str, object]:
    """What its owner has set for it alone, without what is empty."""
    kept = getattr(conversation, "kept_preferences", None)
    return _given(**asdict(kept.preferences)) if kept else {}


def _message(message: Message, numbers: Mapping[UUID, int], room: Room) -> dict[str, Any]:
    """All that is known of it, without what is empty."""
    is_over = message.status in file_format.STATUSES
    always = {
        "id": numbers[message.pk],
        "parent": numbers.get(message.parent_id) if message.parent_id else None,
        "role": message.role,
        "content": message.content,
        # What is being written is in the file as far as it has come.
        "status": message.status if is_over else Message.Status.INTERRUPTED,
        "created": message.created.isoformat(),
    }
    sometimes = {
        "images": [_image(image, room) for image in message.images] or None,
        "option": message.option,
        "continued": numbers.get(message.continued_id) if message.continued_id else None,
        "model": message.model,
        "finish_reason": message.finish_reason,
        "error": _given(code=message.error_code, message=message.error_message),
        "usage": _given(
            input_tokens=message.input_tokens,
            output_tokens=message.output_tokens,
            source=message.usage_source,
        ),
        "times": _given(first_token_ms=message.first_token_ms, took_ms=message.took_ms),
        "details": {name: part for name, part in message.details.items() if name != KEPT_BACK},
    }
    return always | _given(**sometimes)


def _image(image: Image, room: Room) -> dict[str, Any]:
    """The image, or only its name where there is no room for it any more."""
    if not room.take(image.size):
        return {"name": image.name, "left_out": True}
    picture = Picture.of(image)
    return {"name": picture.name, "content": b64encode(picture.content).decode()}


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in (None, "", {})}


def _open(facts: Mapping[str, object], name: str) -> str:
    """An object up to its last entry, a list, which is written after it."""
    return f'{_dumps(facts)[:-1]},"{name}":['


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
