"""Words of languages that are written without blanks between them: Chinese, Japanese, Thai and others, and
Korean, whose blanks do not part a noun from what is said of it.

A database's full-text search takes a whole sentence of them for one word. So a passage is searched by every
two characters that stand side by side, too, and a question's words are cut in the same way.
"""

import re
import unicodedata
from collections.abc import Iterator

_LETTERS = (
    "\u0e01-\u0eff"  # Thai, Lao
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17d3\u1950-\u19ff\u1a20-\u1aaf"  # Khmer, Tai
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff"  # Korean
    "\u3005-\u3007\u3041-\u312f\u31a0-\u31ff"  # Japanese's kana, and Chinese's
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_HAS_ONE = re.compile(rf"[{_LETTERS}\uff66-\uffdc]")
"""A quick look: also for those of half the width, which are the others when they are composed."""
_WORD = re.compile(rf"(?:[^\W_]|[{_LETTERS}])+")
_RUN = re.compile(rf"[{_LETTERS}]+|[^{_LETTERS}]+")


def parts_in(text: str) -> str:
    """The parts of all such words in a text, with blanks between them; "" where there are none."""
    if not _HAS_ONE.search(text):
        return ""
    words = (word[0] for word in _WORD.finditer(unicodedata.normalize("NFKC", text)))
    return " ".join(part for word in words if _HAS_ONE.search(word) for part in _parts(word))


def parts_of(word: str) -> list[str]:
    """What a question's word is searched by. A single character stands for all parts that begin with it."""
    if not _HAS_ONE.search(word):
        return [word]
    runs = (run[0] for run in _RUN.finditer(unicodedata.normalize("NFKC", word)))
    return [part for run in runs for part in (_pairs(run) if _HAS_ONE.search(run) else [run])]


def is_single(part: str) -> bool:
    """Whether it is one character, of which passages have only pairs."""
    return len(part) == 1 and bool(_HAS_ONE.match(part))


def _parts(word: str) -> Iterator[str]:
    for run in _RUN.findall(word):
        if not _HAS_ONE.search(run):
            yield run
            continue
        yield from _pairs(run)
        if len(run) > 1:
            yield run[-1]  # no pair begins with it


def _pairs(run: str) -> list[str]:
    """Every two characters side by side; of one character, that."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]
