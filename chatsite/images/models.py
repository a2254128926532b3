"""Images, where they are stored, and which message shows which.

They are in the database, which all machines of a site share. What a person sent is not kept: only what was
made of it (`reading.py`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.ownership import Owned, owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.images.refusals import NotTaken

NAME_LENGTH = 200
UNSENT_FOR = timedelta(days=1)
"""After which an image that was not sent goes."""


class ImageGone(NotTaken):
    """An image was sent with another message meanwhile, or is not there any more."""

    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__(_("That image does not exist any more."))


class CannotSee(NotTaken):
    """The model that answers does not look at images."""

    code = "cannot_see"

    def __init__(self) -> None:
        super().__init__(_("The model does not see images."))


class ImageQuerySet(models.QuerySet["Image"]):
    def for_visitor(self, visitor: Visitor) -> "ImageQuerySet":
        """Those that are the visitor's own, unsent or in a conversation that is not deleted."""
        return self.filter(owned_by(visitor), conversation__deleted=None)

    def bytes_of(self, visitor: Visitor) -> int:
        """How much all images of the visitor take, also those that can be had back."""
        found: int | None = self.filter(owned_by(visitor)).aggregate(models.Sum("size"))["size__sum"]
        return found or 0

    def attach(self, images: Sequence["Image"], *, message: UUID, conversation: UUID) -> None:
        """Let a message, which is stored, show these images: unsent ones, or others of its conversation.

        Raises `ImageGone`.
        """
        here = models.Q(conversation=None) | models.Q(conversation=conversation)
        found = self.filter(here, pk__in=[image.pk for image in images])
        if found.update(conversation=conversation, expires=None) != len(images):
            raise ImageGone
        Attachment.objects.bulk_create(
            Attachment(message_id=message, image=image, number=number)
            for number, image in enumerate(images, 1)
        )


class Image(Owned):
    """What is known of an image. It is in one conversation, in which several messages may show it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    conversation = models.ForeignKey(
        "chat.Conversation", null=True, related_name="images", on_delete=models.CASCADE
    )
    """None until it is sent."""
    name = models.CharField(max_length=NAME_LENGTH)
    """The file's, to be shown; never a path."""
    media_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    """Bytes that are stored."""
    digest = models.CharField(max_length=64)
    """Of the file that was sent (SHA-256)."""
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True, db_index=True)
    """When it goes by itself: until it is sent."""

    LAST_USED = ""  # it goes with its conversation
    EXPIRES = "expires"

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering = ("created", "pk")
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("images:image", args=[self.pk])

    def as_json(self) -> dict[str, Any]:
        """What the page's script is told."""
        return {
            "id": str(self.pk),
            "url": self.get_absolute_url(),
            "name": self.name,
            "width": self.width,
            "height": self.height,
        }


class ImageContent(models.Model):
    """The bytes of an image, a PNG or a JPEG: by themselves, so that nothing reads them in passing."""

    image = models.OneToOneField(Image, primary_key=True, related_name="content", on_delete=models.CASCADE)
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class Attachment(models.Model):
    """A message shows an image. Another version of the message may show it, too."""

    message = models.ForeignKey("chat.Message", related_name="attachments", on_delete=models.CASCADE)
    image = models.ForeignKey(Image, related_name="attachments", on_delete=models.CASCADE)
    number = models.PositiveSmallIntegerField()
    """From 1, in the order of the message."""

    class Meta:
        ordering = ("message", "number")
        constraints = (models.UniqueConstraint(fields=("message", "image"), name="images_attachment_once"),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.number}"
