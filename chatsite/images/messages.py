"""Which images the messages of a conversation show, and what a model is sent of them."""

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chatsite.chat.models import Message
from chatsite.images.models import Attachment, Image, ImageContent

MOST = 4
"""Images in one message."""
MOST_SENT = 20
"""The newest ones of a conversation: with each request the model is sent them again."""
TOKENS_EACH = 1_000
"""That an image takes of the model's context. Providers reckon from about 250 to 1,600."""


def add_to(path: Sequence[Message]) -> None:
    """Give messages of one conversation, which are stored, their `images`. One query for all of them."""
    if not any(message.role == Message.Role.USER for message in path):
        return
    found: dict[UUID, list[Image]] = defaultdict(list)
    attached = Attachment.objects.filter(image__conversation=path[0].conversation_id).select_related("image")
    for each in attached.order_by("number"):
        found[each.message_id].append(each.image)
    for message in path:
        message.images = found.get(message.pk, [])


def contents_of(images: Sequence[Image]) -> dict[UUID, str]:
    """The images as `data:` addresses, by their ids."""
    stored = ImageContent.objects.in_bulk([image.pk for image in images])
    return {
        image.pk: f"data:{image.media_type};base64,{base64.b64encode(stored[image.pk].content).decode()}"
        for image in images
        if image.pk in stored
    }


def parts_of(message: Message, contents: Mapping[UUID, str]) -> str | list[str | dict[Any, Any]]:
    """What the model is sent of a person's message: its text, and those of its images whose contents are
    given. Of the others it is told that they were there."""
    shown = [contents[image.pk] for image in message.images if image.pk in contents]
    kept_back = len(message.images) - len(shown)
    told = f"({kept_back} image(s) that you are not shown.)" if kept_back else ""
    text = "\n\n".join(filter(None, [message.content, told]))
    if not shown:
        return text
    said: list[str | dict[Any, Any]] = [{"type": "text", "text": text}] if text else []
    return [*said, *({"type": "image_url", "image_url": {"url": address}} for address in shown)]
