"""What is in a file: its kind, its pages, and its text in sections.

Every refusal is a sentence for the person who uploaded the file, and says what to do.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

from django.conf import settings
from markdown_it import MarkdownIt

from chatsite.documents import pdf
from chatsite.documents.models import PLACE_LENGTH, Document
from chatsite.documents.passages import Section
from streaming.text import clean

Kind = Document.Kind
KINDS = {
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".pdf": Kind.PDF,
}
"""By the end of the file's name."""


class Unreadable(Exception):
    """The file cannot be taken. The message is for people."""


@dataclass(frozen=True, slots=True)
class Parsed:
    kind: Kind
    pages: int | None
    sections: list[Section]

    @property
    def characters(self) -> int:
        return sum(len(section.text) for section in self.sections)


def parse(name: str, content: bytes) -> Parsed:
    """Read a file. Raises `Unreadable`."""
    kind = kind_of(name)
    if not content:
        raise Unreadable("The file is empty. Choose one with text in it.")
    pages, sections = _READERS[kind](content)
    parsed = Parsed(kind, pages, sections)
    if parsed.characters > (most := settings.DOCUMENT_MAX_CHARACTERS):
        raise Unreadable(_too_long(most))
    return parsed


def kind_of(name: str) -> Kind:
    """The kind of the file of that name. Raises `Unreadable` for one that is not taken."""
    kind = KINDS.get(PurePath(name).suffix.lower())
    if kind is None:
        raise Unreadable(
            "Only text (.txt), Markdown (.md) and PDF (.pdf) files can be read. "
            "Save the document as one of these, and upload that."
        )
    return kind


def _text(content: bytes) -> tuple[None, list[Section]]:
    return None, [Section("", _decoded(content))]


def _markdown(content: bytes) -> tuple[None, list[Section]]:
    text = _decoded(content)
    return None, list(_under_headings(text))


def _pdf(content: bytes) -> tuple[int, list[Section]]:
    # Most readers forgive some bytes before the header.
    if b"%PDF-" not in content[:1024]:
        raise Unreadable("The file is not a PDF, though its name says so. Save it as a PDF again.")
    most_pages, most = settings.DOCUMENT_MAX_PAGES, settings.DOCUMENT_MAX_CHARACTERS
    try:
        texts = pdf.pages(content, max_pages=most_pages, max_characters=most)
    except pdf.Refused as refused:
        raise Unreadable(_PDF_REFUSALS[refused.why]()) from None
    sections = [Section(f"page {number}", _clean(text)) for number, text in enumerate(texts, 1)]
    if not any(section.text.strip() for section in sections):
        raise Unreadable(
            "The PDF has no text, only pictures of it. Run it through text recognition (OCR) first."
        )
    return len(texts), sections


_READERS: dict[Kind, Callable[[bytes], tuple[int | None, list[Section]]]] = {
    Kind.TEXT: _text,
    Kind.MARKDOWN: _markdown,
    Kind.PDF: _pdf,
}

_PDF_REFUSALS: dict[pdf.Refusal, Callable[[], str]] = {
    "broken": lambda: "The PDF is damaged and cannot be read. Save or download it again.",
    "encrypted": lambda: "The PDF is encrypted. Save a copy without a password, and upload that.",
    "too_many_pages": lambda: (
        f"The PDF has more than {settings.DOCUMENT_MAX_PAGES:,} pages. Split it, and upload the parts."
    ),
    "too_long": lambda: _too_long(settings.DOCUMENT_MAX_CHARACTERS),
    "too_much_work": lambda: (
        "Reading the PDF takes more time or memory than this site allows. "
        "Print it to a new PDF, or save its text, and upload that."
    ),
}


def _too_long(most: int) -> str:
    return f"The document has more than {most:,} characters. Split it, and upload the parts."


def _decoded(content: bytes) -> str:
    """The text of a file. UTF-16 only with its mark at the front: without, any bytes pass for it."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(
            "The file is not text in UTF-8 or UTF-16. Save it with the encoding UTF-8, and upload that."
        ) from None
    if "\0" in text:
        raise Unreadable(
            "The file contains NUL characters, so it is not text. Save it as plain text in UTF-8."
        )
    text = _one_newline(text)
    if not text.strip():
        raise Unreadable("The file has no text in it. Choose another one.")
    return text


def _clean(text: str) -> str:
    """A PDF can spell any character, also those that no database takes."""
    return _one_newline(clean(text))


def _one_newline(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _under_headings(text: str) -> Iterator[Section]:
    """The text, cut before each heading."""
    # Only what it takes to tell a heading from a line of code: no nesting, so no text takes long.
    parser = MarkdownIt("zero").enable(["heading", "lheading", "fence", "code"])
    tokens = parser.parse(text)
    lines = re.split(r"(?<=\n)", text)  # the parser's lines: U+2028 and the like end none
    start, place = 0, ""
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.map:
            if opening.map[0] > start:
                yield Section(place, "".join(lines[start : opening.map[0]]))
            start, place = opening.map[0], inline.content[:PLACE_LENGTH]
    yield Section(place, "".join(lines[start:]))
