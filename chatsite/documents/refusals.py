"""Why a file cannot be read, as the child says it."""

from typing import Literal

Why = Literal[
    "broken",
    "encrypted",
    "no_docx",
    "no_pdf",
    "no_text",
    "no_text_encoding",
    "nul",
    "old_word",
    "only_pictures",
    "too_long",
    "too_many_pages",
    "too_much_work",
]


class Refused(Exception):
    """The file cannot be read, or is too much."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why
