"""An image that a person sends, as a child process draws it anew (`reading.py`), and as it is stored."""

import base64
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor
from chatsite.confined.budgets import DRAWING
from chatsite.confined.pool import NoPlace, Pool, TooMuch
from chatsite.images.models import NAME_LENGTH, Image, ImageContent
from chatsite.images.refusals import NotTaken, Why
from streaming.admission import Busy

AT_ONCE = 2
"""Images that are being drawn. Of one person's, one is."""
PATIENCE = 10.0
"""Seconds that an image waits for its turn."""


class Unreadable(NotTaken):
    """There is no image in the file that can be taken."""

    def __init__(self, why: Why) -> None:
        super().__init__(str(SENTENCES[why]))
        self.status = _STATUS.get(why, 400)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that was drawn anew: nothing of the bytes that were sent is in it."""

    name: str
    media_type: str
    width: int
    height: int
    content: bytes
    digest: str = ""

    @classmethod
    def of_json(cls, given: Mapping[str, Any], **more: str) -> "Picture":
        """The one that `reading.as_json` has written."""
        return cls(**(dict(given) | {"content": base64.b64decode(given["content"])} | more))

    @classmethod
    def of(cls, image: Image) -> "Picture":
        """The one that is stored."""
        content = bytes(ImageContent.objects.get(pk=image.pk).content)
        return cls(image.name, image.media_type, image.width, image.height, content, image.digest)

    def store(self, **more: Any) -> Image:
        """Store it, in one transaction with whatever belongs to it; `more` says whose it is."""
        image = Image.objects.create(
            name=self.name,
            media_type=self.media_type,
            width=self.width,
            height=self.height,
            size=len(self.content),
            digest=self.digest,
            **more,
        )
        ImageContent.objects.create(image=image, content=self.content)
        return image


def draw(name: str, content: bytes, *, digest: str, owner: Hashable = None) -> Picture:
    """Draw what is in a file anew. Raises `Unreadable`, and `Busy` when its turn does not come."""
    try:
        done = _pool().ask({}, content, length=len(content), owner=owner)
    except NoPlace:
        raise Busy from None
    except TooMuch:
        done = {"refused": "too_much_work"}
    if "refused" in done:
        raise Unreadable(done["refused"])
    return Picture.of_json(done, name=shown_name(name), digest=digest)


def shown_name(name: str) -> str:
    """The file's name as it can be shown: no control characters, none that turn the line around."""
    shown = "".join(character for character in name if character.isprintable()).strip()
    return shown[-NAME_LENGTH:] or _("Image")


def require_room(visitor: Visitor, size: int) -> None:
    """For so many bytes more. Raises `LimitReached`."""
    Allowance(visitor).require_room("images", used=size + Image.objects.bytes_of(visitor))


@cache
def _pool() -> Pool:
    """A child for each file: one that has read a hostile file reads no other."""
    return Pool("chatsite.images.reading:work", DRAWING, size=AT_ONCE, jobs=1, wait=PATIENCE)


SENTENCES: dict[Why, Any] = {
    "broken": gettext_lazy("The image is damaged and cannot be read. Save or download it again."),
    "no_image": gettext_lazy("Only images in PNG, JPEG, WebP or GIF can be sent. Save it as one of these."),
    "too_many_pixels": gettext_lazy(
        "The image has more than 64 million pixels. Make it smaller, and send it again."
    ),
    "too_much_work": gettext_lazy(
        "Reading the image takes more time or memory than this site allows. Make it smaller, and send that."
    ),
}
_STATUS: dict[Why, int] = {"no_image": 415, "too_many_pixels": 413}
