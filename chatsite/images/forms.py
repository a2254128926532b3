"""The form that takes an image, and what the message box has to know to take some."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from chatsite.assistants.base import Assistant
from chatsite.assistants.preferences import USUAL, Preferences
from chatsite.documents.forms import ACCEPT as DOCUMENTS
from chatsite.documents.forms import UploadForm
from chatsite.images.messages import MOST

ACCEPT = "image/png,image/jpeg,image/webp,image/gif"
"""What a file chooser offers: on a phone the camera as well, and an iPhone makes JPEG of what it has."""


class ImageForm(UploadForm):
    """One file, at most DOCUMENT_MAX_BYTES long."""

    def too_large(self) -> str:
        return too_large()


def too_large() -> str:
    """What to do about it."""
    megabytes = f"{settings.DOCUMENT_MAX_BYTES / 1_000_000:g}"
    return _("Images can have {megabytes} MB. Make it smaller, and send that.").format(megabytes=megabytes)


def too_many() -> str:
    return _("At most {most} images can be sent at once.").format(most=MOST)


def cannot_see(assistant: Assistant) -> str:
    """Why it takes no images."""
    if assistant.sees_images:
        return _("The model does not see images.")
    return _("This assistant does not look at images.")


@dataclass(frozen=True, slots=True)
class Attach:
    """What can be attached to a message for an assistant."""

    assistant: Assistant
    preferences: Preferences = USUAL

    @property
    def images(self) -> bool:
        return self.assistant.sees(self.preferences)

    @property
    def documents(self) -> bool:
        """Whether it answers from what is uploaded."""
        return self.assistant.slug == "documents"

    @property
    def accept(self) -> str:
        """What a file chooser offers. Empty where nothing can be attached."""
        return ",".join([*([ACCEPT] if self.images else []), *([DOCUMENTS] if self.documents else [])])

    @property
    def label(self) -> str:
        return _("Attach documents") if self.documents else _("Attach images")

    @property
    def cannot_see(self) -> str:
        """Why it takes no images. Empty if it does."""
        return "" if self.images else cannot_see(self.assistant)

    @property
    def most(self) -> int:
        """Images in one message."""
        return MOST

    @property
    def most_bytes(self) -> int:
        """Of one file."""
        return int(settings.DOCUMENT_MAX_BYTES)

    @property
    def too_many(self) -> str:
        return too_many()

    @property
    def too_large(self) -> str:
        return too_large()
