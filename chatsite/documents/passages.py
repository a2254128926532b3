"""Cuts a text into passages of about a thousand characters, at the best places that it offers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SIZE = 1_000
"""Characters in a passage, at most."""

OVERLAP = 150
"""Characters of a passage that the next one repeats, at most: what is said across a cut is found whole."""

# From the best place to cut to the worst; after all of them, between any two characters.
_CUTS = (
    re.compile(r"\n[ \t]*\n\s*"),
    # The end of a sentence; those of Chinese and Japanese need no blank after them.
    re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that no passage crosses: a page, or what is under a heading."""

    place: str
    """What to call it, for people; "" if it has no name."""
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage to be: its first `overlap` characters were in the piece before already."""

    place: str
    text: str
    overlap: int


def split(sections: Iterable[Section]) -> Iterator[Piece]:
    """The passages of a document. Without their overlaps, they make the sections' texts again, but
    for blank ones.
    """
    for section in sections:
        covered = 0
        for start, end in _spans(section.text):
            if section.text[start:end].strip():
                yield Piece(section.place, section.text[start:end], max(0, covered - start))
                covered = end


def joined(sections: Sequence[Section], *, most: int) -> Sequence[Section]:
    """The same text in at most so many sections: of too many, neighbours become one, at the first's place."""
    if len(sections) <= most:
        return sections
    at_once = -(-len(sections) // most)
    groups = (sections[start : start + at_once] for start in range(0, len(sections), at_once))
    return [Section(group[0].place, "".join(section.text for section in group)) for group in groups]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > SIZE:
        end = _cut(text, start + SIZE // 2, start + SIZE, latest=True, cuts=_CUTS)
        yield start, end
        start = _cut(text, end - OVERLAP, end, latest=False, cuts=_CUTS[1:])
    yield start, len(text)


def _cut(text: str, lowest: int, highest: int, *, latest: bool, cuts: Sequence[re.Pattern[str]]) -> int:
    """The best place to cut in that range: the latest, or the earliest, of the best kind."""
    for cut in cuts:
        places = [found.end() for found in cut.finditer(text, lowest, highest) if found.end() > lowest]
        if places:
            return places[-1] if latest else places[0]
    return highest
