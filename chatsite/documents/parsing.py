"""What is in a file, as a child process finds it (`reading.py`).

Every refusal is a sentence for the person who uploaded the file, and says what to do.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from chatsite.confined.budgets import READING
from chatsite.confined.pool import NoPlace, Pool, TooMuch
from chatsite.documents.models import Document
from chatsite.documents.passages import Piece
from chatsite.documents.refusals import Why
from streaming.admission import Busy
from streaming.errors import with_places

AT_ONCE = 4
"""Files that are being read. Of one person's, one is."""
MOST_RANGES = 8
"""Of pages without text, that are named."""
PATIENCE = 5.0
"""Seconds that a file waits for its turn to be read."""

Kind = Document.Kind
_SUFFIXES = {
    Kind.TEXT: "txt text log rst tex srt vtt",
    Kind.MARKDOWN: "md markdown",
    Kind.PDF: "pdf",
    Kind.WORD: "docx",
    Kind.HTML: "html htm xhtml",
    Kind.TABLE: "csv tsv",
    Kind.CODE: (
        "py js mjs ts jsx tsx css scss java kt swift c h cc cpp hpp cs go rs rb php pl sh sql r lua scala "
        "json jsonl yaml yml toml ini cfg conf xml"
    ),
}
KINDS = {f".{suffix}": kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
"""By the end of the file's name."""


UNKNOWN_KIND = gettext_lazy(
    "Files of this kind cannot be read. Save the document as PDF, Word (.docx), HTML, CSV, "
    "Markdown (.md) or text (.txt), and upload that."
)
_WITHOUT_TEXT = with_places(
    gettext_noop(
        "No text on page {number}: what is in pictures there is not found. "
        "Text recognition (OCR) would make it text."
    )
)
_SEVERAL_WITHOUT_TEXT = with_places(
    gettext_noop(
        "No text on pages {numbers}: what is in pictures there is not found. "
        "Text recognition (OCR) would make it text."
    )
)
_OTHER_ENCODING = with_places(
    gettext_noop(
        "Not in UTF-8: read as {encoding}. "
        "If letters are wrong, save it with the encoding UTF-8, and upload that."
    )
)


class Unreadable(Exception):
    """The file cannot be taken. The message is for people."""


@dataclass(frozen=True, slots=True)
class Parsed:
    kind: Kind
    pages: int | None
    characters: int
    pieces: Sequence[Piece]
    remark: str = ""
    """What to know of how it was read; for people, who see it `in_language`."""


def parse(name: str, content: bytes, *, owner: Hashable = None) -> Parsed:
    """Read a file. Raises `Unreadable`, and `Busy` when its turn does not come."""
    kind = kind_of(name)
    if not content:
        raise Unreadable(gettext("The file is empty. Choose one with text in it."))
    most: int = settings.DOCUMENT_MAX_CHARACTERS
    job = {"kind": kind.value, "pages": settings.DOCUMENT_MAX_PAGES, "characters": most}
    try:
        done = _pool().ask(job, content, length=len(content), owner=owner, answer=_longest_answer(most))
    except NoPlace:
        raise Busy from None
    except TooMuch:
        done = {"refused": "too_much_work"}
    if "refused" in done:
        raise Unreadable(_SENTENCES[done["refused"]]())
    pieces = [Piece(place, text, overlap) for place, text, overlap in done["passages"]]
    return Parsed(kind, done["pages"], done["characters"], pieces, _remark(done))


def kind_of(name: str) -> Kind:
    """The kind of the file of that name. Raises `Unreadable` for one that is not taken."""
    kind = KINDS.get(PurePath(name).suffix.lower())
    if kind is None:
        raise Unreadable(UNKNOWN_KIND)
    return kind


def _remark(done: Mapping[str, Any]) -> str:
    if done["without_text"]:
        numbers = _ranges(done["without_text"])
        told = _WITHOUT_TEXT if len(done["without_text"]) == 1 else _SEVERAL_WITHOUT_TEXT
        return told.format(number=numbers, numbers=numbers)
    if done["encoding"]:
        return _OTHER_ENCODING.format(encoding=done["encoding"])
    return ""


def _ranges(pages: Sequence[int]) -> str:
    """Page numbers, as people write them: "3", "2-4, 7". Of many ranges, the first."""
    ranges = [
        [page for _, page in group]
        for _, group in groupby(enumerate(pages), key=lambda numbered: numbered[1] - numbered[0])
    ]
    shown = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in ranges[:MOST_RANGES]]
    return ", ".join([*shown, "…"] if len(ranges) > MOST_RANGES else shown)


def _longest_answer(characters: int) -> int:
    """Bytes: four for each character, overlaps and places included, and as many to be safe."""
    return 8 * characters + (1 << 20)


@cache
def _pool() -> Pool:
    """A child for each file: one that has read a hostile file reads no other."""
    return Pool("chatsite.documents.reading:work", READING, size=AT_ONCE, jobs=1, wait=PATIENCE)


_SENTENCES: dict[Why, Callable[[], str]] = {
    "broken": lambda: gettext("The PDF is damaged and cannot be read. Save or download it again."),
    "encrypted": lambda: gettext(
        "The PDF opens with a password only. Save a copy without one, and upload that."
    ),
    "no_docx": lambda: gettext(
        "The file is not a Word document, or damaged, though its name says so. Save it as .docx again."
    ),
    "no_pdf": lambda: gettext("The file is not a PDF, though its name says so. Save it as a PDF again."),
    "no_text": lambda: gettext("The file has no text in it. Choose another one."),
    "no_text_encoding": lambda: gettext(
        "The file is not text in UTF-8 or UTF-16, nor plainly in another encoding. "
        "Save it with the encoding UTF-8, and upload that."
    ),
    "nul": lambda: gettext(
        "The file contains NUL characters, so it is not text. Save it as plain text in UTF-8."
    ),
    "old_word": lambda: gettext(
        "The file is an old Word file (.doc), or has a password, though its name ends in .docx. "
        "Save it as .docx without a password, and upload that."
    ),
    "only_pictures": lambda: gettext(
        "The PDF has no text, only pictures of it. Run it through text recognition (OCR) first."
    ),
    "too_long": lambda: gettext(
        "The document has more than {most:,} characters. Split it, and upload the parts."
    ).format(most=settings.DOCUMENT_MAX_CHARACTERS),
    "too_many_pages": lambda: gettext(
        "The PDF has more than {most:,} pages. Split it, and upload the parts."
    ).format(most=settings.DOCUMENT_MAX_PAGES),
    "too_much_work": lambda: gettext(
        "Reading the file takes more time or memory than this site allows. "
        "Print it to a new PDF, or save its text, and upload that."
    ),
}
