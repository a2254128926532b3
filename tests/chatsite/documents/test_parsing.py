"""What is in a file, and what people are told when it cannot be read."""

import contextlib
import logging
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chatsite.documents.parsing import Unreadable, kind_of, parse
from chatsite.documents.reading import MOST_SECTIONS, Limits, read
from chatsite.documents.refusals import Refused
from tests.chatsite.documents.files import encrypted, pdf


def places(name: str, content: bytes) -> list[tuple[str, str]]:
    """The sections of a file, as the child reads them."""
    found = read(kind_of(name).value, content, Limits(pages=500, characters=1_000_000))
    return [(section.place, section.text) for section in found.sections]


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        parse(name, content)
    return str(refused.value)


@pytest.mark.parametrize(
    "content",
    ["Größe 😀".encode(), "Größe 😀".encode("utf-8-sig"), "Größe 😀".encode("utf-16")],
    ids=["utf-8", "utf-8 with its mark", "utf-16"],
)
def test_text_is_read_in_its_encoding(content: bytes) -> None:
    assert places("notes.txt", content) == [("", "Größe 😀")]


def test_text_in_an_older_encoding_is_read_and_that_is_said() -> None:
    parsed = parse("latin.txt", "Größe: fünf schöne Meter".encode("cp1252"))

    assert [piece.text for piece in parsed.pieces] == ["Größe: fünf schöne Meter"]
    assert "read as cp1252" in parsed.remark
    assert parse("new.txt", "Größe".encode()).remark == ""


def test_all_newlines_become_one_kind() -> None:
    assert places("notes.TXT", b"a\r\nb\rc\n") == [("", "a\nb\nc\n")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "no text"),
        (b"\xef\xbb\xbf", "no text"),
        (b"caf\xe9", "Save it with the encoding UTF-8"),
        ("Hi".encode("utf-16-le") * 40, "NUL"),
        (b"\xff\xfea", "UTF-16"),
        (b"\xff\xfe\x00\xd8", "UTF-16"),  # half a surrogate pair
        (b"a\0b", "NUL"),
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8"),
        (b"\x1b$B\xff", "not text in UTF-8"),
    ],
)
@pytest.mark.parametrize("name", ["notes.txt", "notes.md"])
def test_what_is_not_text_is_refused_with_what_to_do(name: str, content: bytes, told: str) -> None:
    message = refusal(name, content)

    assert told in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    "name", ["notes.doc", "notes", "", ".txt", "notes.pdf.exe", "notes.txt/..", "a\0.doc"]
)
def test_other_kinds_are_refused_by_their_name(name: str) -> None:
    assert "Save the document as PDF, Word (.docx), HTML, CSV" in refusal(name, b"text")


def test_markdown_is_cut_before_its_headings() -> None:
    text = "Before.\n\n# One #\n\nText.\n```\n# no heading\n```\nTwo\n---\n    # code\n\nEnd"

    assert places("notes.md", text.encode()) == [
        ("", "Before.\n\n"),
        ("One", "# One #\n\nText.\n```\n# no heading\n```\n"),
        ("Two", "Two\n---\n    # code\n\nEnd"),
    ]


def test_a_line_separator_ends_no_line_of_markdown() -> None:
    assert places("a.md", "a\u2028b\x0cc\n# H\nd".encode()) == [
        ("", "a\u2028b\x0cc\n"),
        ("H", "# H\nd"),
    ]


@given(st.text(min_size=1))
def test_markdown_loses_nothing(text: str) -> None:
    try:
        sections = places("a.md", text.encode(errors="replace"))
    except Refused:
        return
    whole = text.encode(errors="replace").decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(text for _, text in sections) == whole


def test_deeply_nested_markdown_is_read_at_once() -> None:
    parsed = parse("a.md", b"> " * 50_000 + b"- " * 50_000 + b"[" * 100_000)

    assert {piece.place for piece in parsed.pieces} == {""}


def test_markdown_of_nothing_but_headings_has_few_passages() -> None:
    parsed = parse("a.md", b"#\n" * 400_000)

    assert len(parsed.pieces) <= 2 * MOST_SECTIONS


def test_what_is_too_long_is_refused_by_its_length(settings: Settings) -> None:
    assert "more than 1,000,000 characters" in refusal("a.md", b"#\n" * 2_500_000)


def test_a_pdf_that_makes_its_reader_complain_costs_the_site_nothing() -> None:
    complaining = pdf(streams=[b"BT /F9 12 Tf (x) Tj ET\n" * 200_000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with contextlib.suppress(Unreadable):  # whether its time suffices is the machine's speed
        parse("a.pdf", complaining)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


def test_reading_a_pdf_leaves_its_process_the_log() -> None:
    places("a.pdf", pdf("Text."))

    assert logging.root.manager.disable == logging.NOTSET


def test_a_pdf_is_read_page_by_page() -> None:
    parsed = parse("report.PDF", pdf("First (1).", "", "Größe"))

    assert parsed.pages == 3
    assert [(piece.place, piece.text.strip()) for piece in parsed.pieces] == [
        ("page 1", "First (1)."),
        ("page 3", "Größe"),
    ]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_is_only_locked_against_changes_is_read(algorithm: str) -> None:
    locked = encrypted(pdf("Open to all."), password="secret", owner_only=True, algorithm=algorithm)

    assert "Open to all." in parse("a.pdf", locked).pieces[0].text


def test_pages_without_text_are_named() -> None:
    def remark(*pages: str) -> str:
        return parse("a.pdf", pdf(*pages)).remark

    assert remark("Terms apply.", "") == (
        "No text on page 2: what is in pictures there is not found. "
        "Text recognition (OCR) would make it text."
    )
    assert "No text on pages 2-3:" in remark("Terms apply.", "", "")
    assert "No text on pages 1, 3-4, 6:" in remark("", "Terms", "", "", "apply", "")
    assert "15, …:" in remark(*["", "Terms"] * 20)
    assert remark("All of it.") == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"text", "not a PDF"),
        (b"%PDF-1.4\n", "damaged"),
        (b"%PDF-1.4\n" + b"\xff" * 5000, "damaged"),
        (pdf("Hello")[:200], "damaged"),
        (pdf("Hello").replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]"), "damaged"),
        (encrypted(pdf("Hello"), password="secret"), "with a password only"),
        (encrypted(pdf("Hello"), password="secret", algorithm="AES-256"), "with a password only"),
        (pdf("", ""), "OCR"),
    ],
    ids=["no pdf", "header only", "noise", "cut", "circular", "encrypted", "encrypted with AES", "scanned"],
)
def test_a_pdf_that_cannot_be_read_is_refused_with_what_to_do(content: bytes, told: str) -> None:
    message = refusal("a.pdf", content)

    assert told in message
    assert message.endswith(".")


def test_a_pdf_that_unpacks_into_gigabytes_is_refused() -> None:
    bomb = pdf(streams=[b"0 0 1 1 re f\n" * 20_000_000])
    assert len(bomb) < 2_000_000

    assert "more time or memory" in refusal("a.pdf", bomb)


def test_a_pdf_with_too_many_pages_is_refused(settings: Settings) -> None:
    settings.DOCUMENT_MAX_PAGES = 2

    assert "more than 2 pages" in refusal("a.pdf", pdf("a", "b", "c"))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.pdf"])
def test_a_document_that_is_too_long_is_refused(settings: Settings, name: str) -> None:
    settings.DOCUMENT_MAX_CHARACTERS = 1_000
    content = pdf("x" * 600, "x" * 600) if name == "a.pdf" else b"x" * 1_001

    assert "more than 1,000 characters" in refusal(name, content)


@pytest.mark.parametrize("name", ["server.log", "main.py", "settings.yaml", "data.json", "page.TSX"])
def test_text_is_read_whatever_people_call_it(name: str) -> None:
    assert places(name, b"one: two\n") == [("", "one: two\n")]
