"""Runs in a child process: what is in a file, cut into passages.

Nothing of Django is loaded here. A refusal is a word; `parsing.py` has the sentence for it.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chatsite.documents import pdf, tables, web_page, word
from chatsite.documents.encodings import encoding_of
from chatsite.documents.passages import Section, joined, split
from chatsite.documents.refusals import Refused
from streaming.text import clean

PLACE_LENGTH = 120
"""Characters of a heading that say where a passage stands."""
MOST_SECTIONS = 2_000
"""Parts of a document that are kept apart. Of more, neighbours are joined."""

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([-\w]{1,40})", re.IGNORECASE)
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_FENCE = re.compile(r" {0,3}(`{3,}+|~{3,}+)")
_UNDERLINE = re.compile(r" {0,3}(?:=++|-++)[ \t]*+$")
_ATX = re.compile(r" {0,3}#{1,6}+(?=[ \t]|$)")
_CLOSING = re.compile(r"(?:^|(?<=[ \t]))#++$")


@dataclass(frozen=True, slots=True)
class Limits:
    pages: int
    characters: int


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a file."""

    sections: Sequence[Section]
    pages: int | None = None
    """Where there are any."""
    without_text: Sequence[int] = ()
    """Pages, by their numbers."""
    encoding: str = ""
    """Of a text that is not in Unicode."""


def work(job: dict[str, Any], content: bytes) -> dict[str, Any]:
    """A file of a `kind`, within `pages` and `characters`, as passages: place, text, overlap."""
    try:
        found = read(job["kind"], content, Limits(job["pages"], job["characters"]))
    except (Refused, MemoryError) as exc:
        return {"refused": exc.why if isinstance(exc, Refused) else "too_much_work"}
    return {
        "pages": found.pages,
        "without_text": found.without_text,
        "encoding": found.encoding,
        "characters": sum(len(section.text) for section in found.sections),
        "passages": [[piece.place, piece.text, piece.overlap] for piece in split(found.sections)],
    }


def read(kind: str, content: bytes, limits: Limits) -> Found:
    """Raises `Refused`."""
    if kind == "pdf":
        return _pdf(content, limits)
    if kind == "word":
        return Found(_bounded(word.sections(content), limits))
    text, encoding = _decoded(content)
    if len(text) > limits.characters:
        raise Refused("too_long")
    return Found(_bounded(_sections(kind, text, limits), limits), encoding=encoding)


def _sections(kind: str, text: str, limits: Limits) -> Sequence[Section]:
    if kind == "markdown":
        return list(_under_headings(text))
    if kind == "html":
        return web_page.sections(text)
    if kind == "table":
        return tables.sections(text, most=limits.characters)
    return [Section("", text)]


def _bounded(sections: Sequence[Section], limits: Limits) -> Sequence[Section]:
    """The same as it can be stored: not too many, and not too much."""
    clean_ones = [Section(section.place[:PLACE_LENGTH], _clean(section.text)) for section in sections]
    if not any(section.text.strip() for section in clean_ones):
        raise Refused("no_text")
    if sum(len(section.text) for section in clean_ones) > limits.characters:
        raise Refused("too_long")
    return joined(clean_ones, most=MOST_SECTIONS)


def _pdf(content: bytes, limits: Limits) -> Found:
    # Most readers forgive some bytes before the header.
    if b"%PDF-" not in content[:1024]:
        raise Refused("no_pdf")
    texts = pdf.texts(content, max_pages=limits.pages, max_characters=limits.characters)
    sections = [Section(f"page {number}", _clean(text)) for number, text in enumerate(texts, 1)]
    without_text = [number for number, section in enumerate(sections, 1) if not section.text.strip()]
    if len(without_text) == len(sections):
        raise Refused("only_pictures")
    return Found(sections, pages=len(texts), without_text=without_text)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding where that is not Unicode. UTF-16 only with its mark at the front:
    without, any bytes pass for it."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    older = ""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text, older = _decoded_from_older(content)
    if "\0" in text:
        raise Refused("nul")
    text = _one_newline(text)
    if not text.strip():
        raise Refused("no_text")
    return text, older


def _decoded_from_older(content: bytes) -> tuple[str, str]:
    encoding = (_declared(content) or encoding_of(content)) if b"\0" not in content else None
    if encoding is None:
        raise Refused("no_text_encoding")
    try:
        return content.decode(encoding), encoding
    except (UnicodeDecodeError, LookupError):  # not every codec is one of text
        raise Refused("no_text_encoding") from None


def _declared(content: bytes) -> str | None:
    """What an HTML file says of itself, as browsers take it."""
    found = _CHARSET.search(content[:1024])
    try:
        name = codecs.lookup(found[1].decode()).name if found else "utf-8"
    except LookupError:
        return None
    return None if name.startswith("utf") else _WIDER.get(name, name)


def _clean(text: str) -> str:
    """Files can spell any character, also those that no database takes."""
    return _one_newline(clean(text))


def _one_newline(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _under_headings(text: str) -> Iterator[Section]:
    """The text, cut before each heading."""
    lines = text.split("\n")
    start, place = 0, ""
    for at, heading in _headings(lines):
        if at > start:
            yield Section(place, "\n".join(lines[start:at]) + "\n")
        start, place = at, heading[:PLACE_LENGTH]
    yield Section(place, "\n".join(lines[start:]))


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The line that each heading begins in, and its text. No more of Markdown than it takes to tell a
    heading from a line of code, and each line is looked at once."""
    paragraph: int | None = None
    for at, line in enumerate(_outside_fences(lines)):
        if _ATX.match(line):
            yield at, _CLOSING.sub("", line.strip().lstrip("#").strip()).strip()
            paragraph = None
        elif paragraph is not None and _UNDERLINE.match(line):
            yield paragraph, " ".join(part.strip() for part in lines[paragraph:at])
            paragraph = None
        elif not line.strip():
            paragraph = None
        elif paragraph is None and not line.startswith(("    ", "\t")):
            paragraph = at


def _outside_fences(lines: Sequence[str]) -> Iterator[str]:
    """The same lines, but blank ones for those of fences and in them."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if not mark:
            yield "" if fence else line
            continue
        if not fence:
            fence = mark[1]
        elif mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        yield ""
