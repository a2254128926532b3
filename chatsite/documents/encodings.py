"""Which encoding a text is in that is not in UTF-8: runs in a child process.

Almost any bytes are text in almost any old encoding, but in a wrong one they are letters that no language
uses together. So a text is read in each encoding that programs still save in, and taken where what comes out
looks like a language that is written in it. Where two readings do, or none, nobody guesses: a person can save
the file in UTF-8, and would not notice that a guess was wrong.

chardet and charset-normalizer take the likeliest of a hundred encodings, and were wrong for a third of short
texts. Here one of two hundred that are taken was wrong, and a fifth is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from chatsite.documents.languages import CJK, MARKS, OLDER, WINDOWS, Language

SAMPLE = 100_000
"""Bytes of the lines that are not ASCII, from the front: they tell."""
ENOUGH = 0.97
"""Of what is not ASCII, that a language's letters have to be."""
STRAY = 0.03
"""Of it, that may stand where none stands: a capital after a small letter, two scripts in a word."""
FREQUENT = 0.45
"""Of the letters of a language in another script, that have to be its ten most frequent: half of all are."""
AMONG_LATIN = 0.45
"""Of all letters of a text in Latin script, those that are not ASCII, at most."""
FEWEST = 3
"""Characters: of one or two, nobody can tell. In an encoding that is seldom met, of four times as many."""
LATIN = 0.85
EAST_ASIAN = 0.85
"""How well a text looks like a language whose letters do not tell by how frequent they are."""
AHEAD = 0.12
"""So much better than the second reading the best has to look."""
KOREAN = "cp949"
KOREAN_FROM = 12
"""Different characters."""

_MARK_IN_WORD = re.compile(rf"(?<=[^\W\d_])[{MARKS.replace(chr(0x2019), '')}](?=[^\W\d_])")
_CONTROL = re.compile(r"[\x80-\x9f]")
_ONE_IN_WORD = re.compile(r"(?<=[a-zA-Z])[^\x00-\x7f](?=[a-zA-Z])")
_CAPITAL_IN_WORD = re.compile(
    r"[a-z\u00df-\u00f6\u00f8-\u00ff\u0430-\u045f\u03ac-\u03ce]"
    r"[A-Z\u00c0-\u00d6\u00d8-\u00de\u0400-\u042f\u0386-\u03ab]"
)


@dataclass(frozen=True, slots=True)
class Reading:
    fit: float
    encoding: str


_JAPANESE = ("cp932", "euc-jp")


def encoding_of(content: bytes) -> str | None:
    """The encoding, as Python names it; None where it is not plain."""
    if b"\x1b$" in content:
        return "iso2022-jp"
    sample = b"\n".join(_lines_that_tell(content))
    telling = sum(byte >= 0x80 for byte in sample)
    for languages in (WINDOWS, OLDER):
        if telling < (FEWEST if languages is WINDOWS else 4 * FEWEST):
            return None
        fits = _fits(sample, languages, CJK if languages is WINDOWS else {})
        if fits:
            return _plainest(fits)
    return None


def _fits(
    sample: bytes, languages: Mapping[str, Sequence[Language]], east_asian: Iterable[str]
) -> list["Reading"]:
    """All readings that look like a language, the best first."""
    found: dict[str, Reading] = {}
    for encoding in [*east_asian, *languages]:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        fit = _east_asian_fit(text, encoding) if encoding in east_asian else _fit(text, languages[encoding])
        if fit:
            found.setdefault(text, Reading(fit, encoding))
    return sorted(found.values(), key=lambda reading: -reading.fit)


def _plainest(readings: Sequence["Reading"]) -> str | None:
    best, second = readings[0], readings[1].fit if len(readings) > 1 else 0.0
    return best.encoding if best.fit >= second + AHEAD else None


def _lines_that_tell(content: bytes) -> Iterator[bytes]:
    """Whole lines: half a character is none."""
    left = SAMPLE
    for line in content.split(b"\n"):
        if left > 0 and not line.isascii():
            left -= len(line)
            yield line


def _fit(text: str, languages: Sequence[Language]) -> float:
    """How well it looks like the best of the languages, from 0 to 1."""
    told = [character for character in text if not character.isascii()]
    strays = len(_MARK_IN_WORD.findall(text)) + len(_CAPITAL_IN_WORD.findall(text))
    if strays > STRAY * len(told) or _CONTROL.search(text):
        return 0.0
    characters = [character for character in told if character not in MARKS]
    if not characters:  # quotation marks and dashes, which all of Windows' have in the same places
        return LATIN
    return max(_fit_of(text, characters, language) for language in languages)


def _fit_of(text: str, characters: Sequence[str], language: Language) -> float:
    letters = [character for character in characters if character.lower() in language.letters]
    if len(letters) < ENOUGH * len(characters) or language.needs not in text:
        return 0.0
    if not language.frequent:
        return LATIN if len(letters) < AMONG_LATIN * sum(map(str.isalpha, text)) else 0.0
    # Only small letters count: between two encodings of Russian, capitals and small ones are exchanged.
    frequent = sum(letter in language.frequent for letter in letters) / len(letters)
    strangers = re.findall(rf"[a-zA-Z][{language.letters}]|[{language.letters}][a-zA-Z]", text)
    return frequent if frequent >= FREQUENT and len(strangers) <= STRAY * len(letters) else 0.0


def _east_asian_fit(text: str, encoding: str) -> float:
    characters = [character for character in text if not character.isascii()]
    usual = sum(_is_usual(character, encoding) for character in characters)
    if usual < ENOUGH * len(characters) or len(_ONE_IN_WORD.findall(text)) > STRAY * len(characters):
        return 0.0
    # All of Korean is Chinese and Japanese in their encodings, too; of theirs, in its, a word or two.
    return 1.0 if encoding == KOREAN and len(set(characters)) >= KOREAN_FROM else EAST_ASIAN


@cache
def _is_usual(character: str, encoding: str) -> bool:
    """Whether it is a mark, a kana in Japanese, or one of a language's frequent characters."""
    if "\u3000" <= character <= "\u303f" or "\uff01" <= character <= "\uff5e" or character in MARKS:
        return True
    if "\u3040" <= character <= "\u30ff":
        return encoding in _JAPANESE
    standard, first, last = CJK[encoding]
    try:
        return first <= character.encode(standard)[0] <= last
    except UnicodeEncodeError:
        return False
