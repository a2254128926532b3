"""Reads the text of a Word document (.docx), in a child process: a ZIP file of XML."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from chatsite.documents.passages import Section
from chatsite.documents.refusals import Refused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 40_000_000
"""Of one part, unpacked. Its tree takes some ten times as much."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What files of Word's begin with from before 2007, and those with a password."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_UNSEEN = {f"{_W}moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_HEADING = re.compile(r"(?:heading [1-9]|title)", re.IGNORECASE)


def sections(content: bytes) -> list[Section]:
    """Its paragraphs and tables, cut before each heading, and then its notes. Raises `Refused`."""
    if content.startswith(_OLE):
        raise Refused("old_word")
    try:
        parts = zipfile.ZipFile(io.BytesIO(content))
        body = _part(parts, "word/document.xml")
        found = list(_under_headings(body, _heading_styles(_part(parts, "word/styles.xml"))))
        for notes in ("footnotes", "endnotes"):
            text = "".join(line for line, _ in _lines(_part(parts, f"word/{notes}.xml"), set()))
            found += [Section(notes, text)] if text.strip() else []
    except (Refused, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - a broken file makes the parsers raise anything
        raise Refused("no_docx") from None
    return found


def _part(parts: zipfile.ZipFile, name: str) -> "Element | None":
    try:
        with parts.open(name) as part:
            content = part.read(MOST_BYTES + 1)
    except KeyError:
        return None
    if len(content) > MOST_BYTES:
        raise Refused("too_much_work")
    return ET.fromstring(content)  # noqa: S314 - in a child, with its time and memory


def _heading_styles(styles: "Element | None") -> set[str]:
    """The ids of styles that are headings. Their names are English in every language, the ids are not."""
    if styles is None:
        return set()
    named = ((style.get(f"{_W}styleId", ""), style.find(f"{_W}name")) for style in styles.iter(f"{_W}style"))
    return {key for key, name in named if name is not None and _HEADING.fullmatch(name.get(f"{_W}val", ""))}


def _under_headings(body: "Element | None", headings: set[str]) -> Iterator[Section]:
    place, text = "", ""
    for line, is_heading in _lines(body, headings):
        if is_heading and line.strip():
            if text.strip():
                yield Section(place, text)
            place, text = " ".join(line.split()), ""
        text += line
    yield Section(place, text)


def _lines(element: "Element | None", headings: set[str]) -> Iterator[tuple[str, bool]]:
    """Paragraphs, and rows of tables with their cells apart; and whether it is a heading."""
    for child in element if element is not None else ():
        if child.tag == f"{_W}p":
            style = child.find(f"{_W}pPr/{_W}pStyle")
            is_heading = style is not None and style.get(f"{_W}val") in headings
            yield f"{_text(child)}\n\n", is_heading
        elif child.tag == f"{_W}tr":
            cells = (
                " ".join("".join(line for line, _ in _lines(cell, set())).split()) for cell in _cells(child)
            )
            yield " | ".join(cells) + "\n", False
        elif child.tag not in _UNSEEN:
            yield from _lines(child, headings)
            if child.tag == f"{_W}tbl":
                yield "\n", False


def _in_one_line(cell: "Element") -> str:
    return " ".join("".join(line for line, _ in _lines(cell, set())).split())


def _cells(row: "Element") -> Iterator["Element"]:
    """Of a row, also those in a control for content."""
    for child in row:
        if child.tag == f"{_W}tc":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent"):
            yield from _cells(child)


def _text(element: "Element") -> str:
    if element.tag == f"{_W}t":
        return element.text or ""
    if element.tag in _UNSEEN:
        return ""
    return _SIGNS.get(element.tag) or "".join(map(_text, element))
