"""Colours code line by line, as classes only, in time that is linear in its length.

A line depends on the lines before it by nothing but the modes that they leave open: a comment, a string, a
tag. So code can be coloured while it is written, and no line is looked at twice.

The lexer cannot backtrack. Each pattern in `languages/` either fails within a few characters or takes what
it has read: repetitions are possessive, and what may be missing at the end of a line (a closing quote) is
never required.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from itertools import groupby
from operator import itemgetter

from chatsite.chat.rendering.languages import LANGUAGES
from chatsite.chat.rendering.languages.rules import POP, Language, Mode

CLASSES = frozenset("c k kc s se m nf nc nb nd na nv nt cp gi gd gh gp".split())  # noqa: SIM905 - to be read
"""Short names that style sheets for code have in common: comment, keyword, constant, string, escape, number,
function, class, builtin, decorator, attribute, variable, tag, preprocessor; inserted, deleted, heading,
prompt."""

MOST_MODES = 20
"""Modes within modes. Deeper ones are not entered."""


def highlight(code: str, language: str) -> str:
    """Return `code` as escaped HTML, with a `<span class>` around each token where the language is known."""
    highlighter = Highlighter(language)
    return "\n".join(map(highlighter.line, code.split("\n")))


class Highlighter:
    """One block of code, a line after the other."""

    def __init__(self, language: str, modes: Sequence[str] = ("root",)) -> None:
        """`modes` are those that the lines before have left open."""
        self._language = LANGUAGES.get(language.lower())
        self._modes = list(modes)

    @property
    def modes(self) -> Sequence[str]:
        """The modes that are open after the last line."""
        return self._modes

    def line(self, line: str) -> str:
        """The HTML of the next line, without its line end."""
        if self._language is None:
            return escape(line, quote=False)
        # Neighbours of one class are one span: a string, say, and its quotes.
        runs = groupby(self._tokens(line, self._language), key=itemgetter(0))
        return "".join(_span(css, "".join(text for _, text in run)) for css, run in runs)

    def _tokens(self, line: str, language: Language) -> Iterator[tuple[str, str]]:
        """The line in pieces, each with its class."""
        at = 0
        while at < len(line):
            mode = language.modes[self._modes[-1]]
            found = _pattern(mode).search(line, at)
            start = found.start() if found else len(line)
            if start > at:
                yield mode.css, line[at:start]
            if not found:
                break
            yield self._css(mode, found, language), found[0]
            at = found.end()
        while language.modes[self._modes[-1]].within_line:
            self._modes.pop()

    def _css(self, mode: Mode, found: re.Match[str], language: Language) -> str:
        """The class of what a rule found. Enters the mode that the rule names, or leaves this one."""
        rule = mode.rules[(found.lastindex or 1) - 1]
        if rule.go == POP:
            self._modes.pop()
        elif rule.go and len(self._modes) < MOST_MODES:
            self._modes.append(rule.go)
        return _kind_of(found, language) if rule.css == "name" else rule.css


def _kind_of(found: re.Match[str], language: Language) -> str:
    """The class of a name: what the language says of it, or what its neighbours tell."""
    name = found[0].lower() if language.any_case else found[0]
    if name in language.words:
        return language.words[name]
    if found.string[found.end() : found.end() + 2].lstrip(" ").startswith("("):
        return "nf"
    return "nc" if language.types and name[:1].isupper() and not name.isupper() else ""


def _span(css: str, text: str) -> str:
    shown = escape(text, quote=False)
    return f'<span class="{css}">{shown}</span>' if css else shown


@cache
def _pattern(mode: Mode) -> re.Pattern[str]:
    """All rules of a mode; the group that matched says which one it was, so no rule has groups of its own."""
    return re.compile("|".join(f"({rule.pattern})" for rule in mode.rules))
