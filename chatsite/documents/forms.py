"""The form that takes a file."""

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from chatsite.documents.parsing import KINDS
from chatsite.documents.upload_handler import FORM

ACCEPT = ",".join(KINDS)
"""What a file chooser offers."""


class UploadForm(forms.Form):
    """One file, at most DOCUMENT_MAX_BYTES long. Whether it can be read shows when it is."""

    file = forms.FileField(
        allow_empty_file=True,  # that it is empty is said where files are read
        error_messages={"required": gettext_lazy("Choose a file first.")},
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST, request.FILES)
        self._sent = int(request.META.get("CONTENT_LENGTH") or 0)

    def clean(self) -> None:
        file = self.cleaned_data.get("file")
        most: int = settings.DOCUMENT_MAX_BYTES
        # A file that is far too large was not kept (`upload_handler.py`), and looks like none.
        if (file and file.size > most) or (not file and self._sent > most + FORM):
            self.errors.clear()
            raise forms.ValidationError(self.too_large(), code="too_large")

    def too_large(self) -> str:
        """What to do about it."""
        return too_large()

    @property
    def first_error(self) -> forms.ValidationError:
        return next(error for found in self.errors.as_data().values() for error in found)


def too_large() -> str:
    megabytes = settings.DOCUMENT_MAX_BYTES / 1_000_000
    told = gettext(
        "The file is larger than {megabytes:g} MB. Split it, or save only its text, and upload that."
    )
    return told.format(megabytes=megabytes)
