"""What is read of tables."""

import pytest

from chatsite.documents import tables
from chatsite.documents.passages import SIZE
from chatsite.documents.reading import Limits, read
from chatsite.documents.refusals import Refused


def sections(text: str, *, most: int = 100_000) -> list[tuple[str, str]]:
    return [(section.place, section.text) for section in tables.sections(text, most=most)]


def test_each_row_has_the_names_of_its_columns() -> None:
    content = "naam;bedrag\r\nA;1,50\r\n\r\nB;2,00;more\r\n".encode("utf-16")

    (section,) = read("table", content, Limits(pages=1, characters=1000)).sections

    assert (section.place, section.text) == (
        "rows 2-3",
        "naam: A\nbedrag: 1,50\n\nnaam: B\nbedrag: 2,00\nmore\n\n",
    )


def test_a_cell_can_have_lines_and_delimiters() -> None:
    assert sections('a,b\n"x, y\nz",1\n') == [("row 2", "a: x, y\nz\nb: 1\n\n")]


def test_rows_are_not_cut_and_have_the_numbers_of_a_spreadsheet() -> None:
    found = sections("name,text\n" + "".join(f"n{n},{'x' * 300}\n" for n in range(7)))

    assert [place for place, _ in found] == ["rows 2-4", "rows 5-7", "row 8"]
    assert all(len(text) <= SIZE for _, text in found)


@pytest.mark.parametrize("text", ["no table at all\nhere", "only,a,head\n"])
def test_what_is_no_table_stays_as_it_is(text: str) -> None:
    assert sections(text) == [("", text)]


def test_long_names_do_not_make_a_short_table_endless() -> None:
    with pytest.raises(Refused, match="too_long"):
        sections(f"{'n' * 10_000},b\n" + "x,y\n" * 100, most=50_000)
