"""What is read of Word documents."""

import io
import zipfile

import pytest

from chatsite.documents import word
from chatsite.documents.parsing import Unreadable, parse
from chatsite.documents.refusals import Refused
from tests.chatsite.documents.files import docx


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str) -> str:
    return f"<w:tc>{paragraph(text)}</w:tc>"


def read(body: str, **parts: str) -> list[tuple[str, str]]:
    return [(section.place, section.text) for section in word.sections(docx(body, **parts))]


def test_paragraphs_are_read_under_their_headings_whatever_words_language() -> None:
    styles = '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'

    found = read(paragraph("Before.") + paragraph("Keys", "berschrift1") + paragraph("Mat."), styles=styles)

    assert found == [("", "Before.\n\n"), ("Keys", "Keys\n\nMat.\n\n")]


def test_cells_of_a_table_are_kept_apart() -> None:
    rows = "".join(f"<w:tr>{cell(one)}{cell(two)}</w:tr>" for one, two in (("A1", "B1"), ("A2", "B2")))

    assert read(f"<w:tbl>{rows}</w:tbl>") == [("", "A1 | B1\nA2 | B2\n\n")]


def test_what_was_deleted_moved_or_is_there_twice_is_read_once() -> None:
    found = read(
        "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:tab/><w:t>on</w:t></w:r>"
        "<mc:AlternateContent><mc:Choice><w:t>!</w:t></mc:Choice><mc:Fallback><w:t>!</w:t></mc:Fallback>"
        "</mc:AlternateContent></w:p>",
    )

    assert found == [("", "new\ton!\n\n")]


def test_controls_and_notes_are_read_too() -> None:
    body = f"<w:sdt><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"

    found = read(body, footnotes=f"<w:footnote>{paragraph('A note.')}</w:footnote>")

    assert found == [("", "In a control.\n\n"), ("footnotes", "A note.\n\n")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "old_word"),
        (b"text", "no_docx"),
        (docx("<w:p>")[:-40], "no_docx"),
        (docx("<w:p>"), "no_docx"),
        (docx("<w:tbl>" * 50_000 + "</w:tbl>" * 50_000), "no_docx"),
    ],
    ids=["old", "text", "cut", "unclosed", "deep"],
)
def test_what_is_no_word_document_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Refused) as refused:
        word.sections(content)

    assert refused.value.why == why


@pytest.mark.parametrize("size", [30_000_000, 100_000_000])
def test_a_document_that_unpacks_into_much_is_refused(size: int) -> None:
    with pytest.raises(Unreadable, match=r"more than 1,000,000 characters|more time or memory"):
        parse("bomb.docx", docx(paragraph("x" * size)))


def test_entities_that_grow_are_refused() -> None:
    lines = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "{"x" * 100}">{lines}]><x>&e9;</x>'
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bomb)

    with pytest.raises(Unreadable, match=r"not a Word document|more time or memory"):
        parse("bomb.docx", written.getvalue())
