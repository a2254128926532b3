"""What a conversation is called."""

import unicodedata

from chatsite.chat.models import TITLE_LENGTH

UNTITLED = "Untitled"


def of_message(text: str) -> str:
    """The first words of the message that it began with."""
    line = as_line(text) or UNTITLED
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def as_line(text: str) -> str:
    """The text on one line, without control characters. Empty if there is nothing to see in it."""
    line = " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc").split())
    return line if any(unicodedata.category(c)[0] in "LNPS" for c in line) else ""
