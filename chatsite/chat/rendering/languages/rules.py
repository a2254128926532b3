"""What a language is to the highlighter: its modes, their rules, and its words.

A rule is a pattern, the class of what it finds (or `name`: looked up in the words), and the mode to enter
after it, or `POP`. Patterns have no groups of their own, and keep to what `highlight.py` says of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

POP = "pop"


class Rule(NamedTuple):
    pattern: str
    css: str
    go: str = ""


@dataclass(frozen=True)
class Mode:
    rules: tuple[Rule, ...]
    css: str = ""
    """Of what no rule finds."""
    within_line: bool = False
    """Whether it ends with the line that it began in."""


@dataclass(frozen=True)
class Language:
    modes: Mapping[str, Mode]
    words: Mapping[str, str] = field(default_factory=dict)
    any_case: bool = False
    types: bool = False
    """Whether a capital letter makes a type."""


NAME = Rule(r"[^\W\d]\w*+", "name")
NUMBER = Rule(
    r"(?<![\w.])(?:0[xX][\da-fA-F_]++|0[bBoO][\d_]++|\d[\d_]*+(?:\.[\d_]++)?+(?:[eE][+-]?+\d++)?+)\w*+", "m"
)
DOUBLE = Rule('"', "s", "double")
SINGLE = Rule("'", "s", "single")
SLASHES = Rule(r"//.*+", "c")
HASH = Rule(r"#.*+", "c")
STARS = Rule(r"/\*", "c", "stars")
ESCAPE = Rule(r"\\.", "se")
DECORATOR = Rule(r"@[\w.]++", "nd")

MODES = {
    "double": Mode((ESCAPE, Rule('"', "s", POP)), "s", within_line=True),
    "single": Mode((ESCAPE, Rule("'", "s", POP)), "s", within_line=True),
    "long double": Mode((ESCAPE, Rule('"', "s", POP)), "s"),
    "long single": Mode((ESCAPE, Rule("'", "s", POP)), "s"),
    "raw single": Mode((Rule("'", "s", POP),), "s"),
    "stars": Mode((Rule(r"\*/", "c", POP),), "c"),
}


def words(**classes: str) -> dict[str, str]:
    return {word: css for css, listed in classes.items() for word in listed.split()}


def language(
    *rules: Rule,
    modes: Mapping[str, Mode] | None = None,
    any_case: bool = False,
    types: bool = False,
    **classes: str,
) -> Language:
    """A language whose rules are those of its root; numbers and names are in all of them."""
    root = Mode((*rules, NUMBER, NAME))
    return Language({**MODES, **(modes or {}), "root": root}, words(**classes), any_case, types)
