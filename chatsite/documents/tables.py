"""Reads a table (CSV, TSV), in a child process.

Each row has the names of its columns, so that a passage says what its figures are.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from chatsite.documents.passages import SIZE, Section
from chatsite.documents.refusals import Refused

DELIMITERS = "\t;,|"
"""Of as many in the first line, the first one here: a comma can stand in a number."""


def sections(text: str, *, most: int) -> list[Section]:
    """The rows, some to a section, within so many characters. What is no table stays as it is."""
    first = text.lstrip("\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    if delimiter not in first:
        return [Section("", text)]
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error:
        return [Section("", text)]
    names, left, found = [name.strip() for name in rows[0]], most, []
    for section in _grouped(names, rows[1:]) if rows[1:] else [Section("", text)]:
        left -= len(section.text)
        if left < 0:
            raise Refused("too_long")
        found.append(section)
    return found


def _grouped(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Section]:
    """As many rows as a passage holds. They have the numbers that a spreadsheet gives them."""
    first, lines = 2, ""
    for number, row in enumerate(rows, first):
        shown = _row(names, row)
        if lines and len(lines) + len(shown) > SIZE:
            yield Section(_place(first, number - 1), lines)
            first, lines = number, ""
        lines += shown
    yield Section(_place(first, len(rows) + 1), lines)


def _row(names: Sequence[str], row: Sequence[str]) -> str:
    more = [""] * (len(row) - len(names))
    cells = [(name, cell.strip()) for name, cell in zip([*names, *more], row, strict=False) if cell.strip()]
    return "".join(f"{name}: {cell}\n" if name else f"{cell}\n" for name, cell in cells) + "\n"


def _place(first: int, last: int) -> str:
    return f"row {first}" if first == last else f"rows {first}-{last}"
