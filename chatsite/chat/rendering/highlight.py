"""Pygments over a block of code: classes only, for languages that people ask about, within a budget.

A lexer is a pile of regular expressions, many of them quadratic in text that is not the code they expect
(one took ten seconds over 20,000 characters). So code of a length that nobody reads is shown without colours,
and so is what takes longer than real code does.
"""

import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from io import StringIO

from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

_NAMES = """
    bash c c# c++ console cpp csharp css diff django docker dockerfile go graphql haskell html ini java
    javascript jinja js json json5 jsx kotlin lua make makefile nginx perl php powershell py pycon python
    python3 r rb rs ruby rust scala sh shell sql swift toml ts tsx typescript xml yaml yml zsh
"""
LANGUAGES = frozenset(_NAMES.split())
CLASSES = frozenset(STANDARD_TYPES.values()) - {""}

MAX_LENGTH = 10_000
MAX_LINE_LENGTH = 500
MAX_SECONDS = 0.25  # of this thread's own CPU time; a hundred lines of code take a hundredth of it


class _TooSlowError(Exception):
    """The budget is used up."""


# A reply's code is rendered when its block is finished, and again with the whole at the end.
@lru_cache(maxsize=64)
def highlight(code: str, language: str) -> str:
    """Return `code` as escaped HTML, with a `<span class>` around each token where the language is known."""
    if language.lower() in LANGUAGES and _looks_readable(code):
        try:
            # A lexer may keep state while it works, so each block has its own.
            tokens = get_lexer_by_name(language, stripnl=False, ensurenl=False).get_tokens(code)
            html = StringIO()
            HtmlFormatter(nowrap=True).format(_within_budget(tokens), html)
            return html.getvalue()
        except (ClassNotFound, _TooSlowError):
            pass
    return escape(code, quote=False)


def _looks_readable(code: str) -> bool:
    return len(code) <= MAX_LENGTH and max(map(len, code.split("\n"))) <= MAX_LINE_LENGTH


def _within_budget(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[_TokenType, str]]:
    deadline = time.thread_time() + MAX_SECONDS
    for token in tokens:
        if time.thread_time() > deadline:
            raise _TooSlowError
        yield token
