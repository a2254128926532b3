"""The site's upload handler: a file stays in memory, is bounded, and never reaches the disk."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

FORM = 64 * 1024
"""Bytes for the rest of a form that has a file."""
HOPELESS = 4
"""A request of so many times the limit is not read: the connection ends. A lesser one is read and
dropped, because a browser that is still sending would not show the page that says why."""


class BoundedUploadHandler(MemoryFileUploadHandler):
    """Keeps a file of up to DOCUMENT_MAX_BYTES; a larger one is missing from the form."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        most: int = settings.DOCUMENT_MAX_BYTES
        if content_length > HOPELESS * most:
            raise RequestDataTooBig("the request is several times as large as any document may be")
        self.activated = content_length <= most + FORM
