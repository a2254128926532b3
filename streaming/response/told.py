"""What an event tells a person, in that person's language. The log, which everybody reads, is English."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils import translation

from streaming.errors import in_language
from streaming.events import End, ToolEnd

TELLING = (End, ToolEnd)
"""What has a sentence for people in it."""


def in_language_of_request() -> Callable[[Any], Any]:
    """Return what puts one of them into the language that is active now, in whichever thread it is called."""
    language = translation.get_language()

    def told(event: Any) -> Any:
        if not event.error:
            return event
        with translation.override(language):
            return _told(event)

    return told


def _told(event: End | ToolEnd) -> End | ToolEnd:
    if isinstance(event, ToolEnd):
        return replace(event, error=in_language(event.error or ""))
    if event.error is None:
        return event
    return replace(event, error=replace(event.error, message=in_language(event.error.message)))
