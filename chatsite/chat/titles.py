"""What a conversation is called."""

import unicodedata

from django.utils.translation import gettext_lazy

from chatsite.chat.models import TITLE_LENGTH

UNTITLED = gettext_lazy("Untitled")
_AROUND = "\"'`*_#“”„«»「」『』. "
"""What models write around a title though they were asked not to."""


def of_message(text: str) -> str:
    """The first words of the message that it began with."""
    line = as_line(text) or str(UNTITLED)
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def of_model(said: str) -> str:
    """The title that a model has given, as it was asked for one. Empty if that is none."""
    lines = [line for line in said.splitlines() if line.strip()]
    title = as_line(lines[0]).strip(_AROUND) if lines else ""
    return title if 0 < len(title) <= TITLE_LENGTH else ""


def as_line(text: str) -> str:
    """The text on one line, without control characters. Empty if there is nothing to see in it."""
    line = " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc").split())
    return line if any(unicodedata.category(c)[0] in "LNPS" for c in line) else ""
