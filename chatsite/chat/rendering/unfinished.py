"""Runs in a child process: what the block that is still being written looks like so far.

What is open is closed for show: `**bol` is bold already. What could still become something else is held back:
a `[` until its link is whole, a `-` until it is a list's or a line, a first row until it is a table's. So no
markup is seen, and nothing that was shown turns out to be something else.

The last thing in the HTML is a mark: `GOES_ON` where plain text may be put without asking, or `HELD` where
something is held back.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from chatsite.chat.rendering.block_rules import BLOCK_FORMULAS, MOST_FORMULA

GOES_ON, HELD, GUARD = "\ue000", "\ue001", "\ue002"
"""The last one stands for text that is shown already: what follows is in the same paragraph."""

LONG = 300
"""Characters of a paragraph, from which on its beginning is left alone as soon as nothing in it is open."""
MOST_HELD = 300
"""Characters that are held back within a line."""

_MARKS = re.compile(f"[{GOES_ON}{HELD}{GUARD}]")
# A line that may become a list's item, a line, a heading, a fence, a formula or a table's second row.
_UNDECIDED_LINE = re.compile(r"(?:[\s>\-+*_=#`~|:.)(\[\]\\$\d]*+|[\s>]*(?:`{3,}|~{3,})[^`\n]*+)$")
_UNDECIDED_MARKS = re.compile(r"[*_~`!\\$<&\[]+$")
# Lines of a formula, without its end and an empty line.
_OPEN_FORMULA = re.compile(
    r"(?:\A|\n)[ \t]*"
    r"(?:\\\[(?:(?!\\\]|\n[ \t]*\n)[\s\S]){0,2000}+|\$\$(?:(?!\$\$|\n[ \t]*\n)[\s\S]){0,2000}+)(?<=\n)\Z"
)
_FIRST_ROW = re.compile(r"(?:\A|\n)[\s>]*\|[^\n]*(?:\n[\s>|:-]*)?\Z")
_UNFINISHED = re.compile(r"!?\[|\\[(\[]|\$\$|<[a-zA-Z]|&[#\w]")
# The parts of a block, what they are directly in, and how many lines say so.
_PARTS = {
    "bullet_list_open": ("list_item_open", "", 0),
    "ordered_list_open": ("list_item_open", "", 0),
    "table_open": ("tr_open", "tbody_open", 2),
}
_MAYBE_MARKUP = re.compile(r"[*_~`\[\]\\$<&|]")
_SENTENCE = re.compile(r"[.!?,;:]?\s+(?=\S)|[\u3002\uff0c\uff01\uff1f]")


def use_marks(parser: MarkdownIt) -> None:
    """Have the parser close what is open, and hold back what is undecided, in texts that have a mark."""
    parser.inline.ruler.before("backticks", "open_code", _open_code)
    parser.inline.ruler.before("escape", "held_formula", _held_formula)
    parser.inline.ruler.push("held", _held)
    parser.inline.ruler2.after("balance_pairs", "close_for_show", _close_for_show)


def unmarked(text: str) -> str:
    """The text without characters that are marks here."""
    return _MARKS.sub("\N{REPLACEMENT CHARACTER}", text)


def marked(text: str) -> str:
    """The text as far as it is decided, with its mark."""
    line = text[text.rfind("\n") + 1 :]
    if not line or _UNDECIDED_LINE.match(line):
        decided = text[: len(text) - len(line)]
        return decided + HELD if _OPEN_FORMULA.search(decided) else decided
    shown = _UNDECIDED_MARKS.sub("", text)
    return shown + (GOES_ON if shown == text else HELD)


def without_first_row(text: str) -> str:
    """The text without what may be the first row of a table, if it ends with that."""
    row = _FIRST_ROW.search(_MARKS.sub("", text))
    return text[: row.start()] if row else text


@dataclass(frozen=True, slots=True)
class Parting:
    """Where the open block can be parted: what is before it stays as it is."""

    done: Sequence[Token]
    rest: Sequence[Token]
    line: int
    """With which the rest begins."""
    head: tuple[int, int]
    """The lines that have to be read again before the rest: those that say what it is in."""


def parting(tokens: Sequence[Token]) -> Parting | None:
    """Before the last item of a list, or the last row of a table."""
    first = max((at for at, token in enumerate(tokens) if not token.level and token.nesting == 1), default=0)
    if not tokens or tokens[first].type not in _PARTS or tokens[-1].nesting != -1:
        return None
    part, within, head = _PARTS[tokens[first].type]
    begins = max((at for at in range(first, len(tokens)) if tokens[at].type == within), default=first) + 1
    level = tokens[begins - 1].level + 1
    starts = [at for at in range(begins, len(tokens)) if (tokens[at].type, tokens[at].level) == (part, level)]
    if len(starts) < 2 or not (last := tokens[starts[-1]].map) or not (block := tokens[first].map):
        return None
    done = [*tokens[: starts[-1]], *tokens[len(tokens) - level :]]
    rest = [*tokens[first:begins], *tokens[starts[-1] :]]
    return Parting(done, rest, last[0], (block[0], block[0] + head))


def neutral_cut(text: str) -> int:
    """Where a long paragraph may be parted: after a sentence or a word, before the newest hundred characters.
    Whether nothing is open there, its HTML tells."""
    cuts = [found.end() for found in _SENTENCE.finditer(text, LONG // 3, max(len(text) - LONG // 3, 0))]
    return cuts[-1] if cuts else 0


def is_neutral(children: Sequence[Token]) -> bool:
    """Whether no markup is left in the text, which later text could still complete."""
    return not any(token.type == "text" and _MAYBE_MARKUP.search(token.content) for token in children)


def _open_code(state: StateInline, silent: bool) -> bool:
    """Read code whose end has not come, as code."""
    mark = state.src[-1:]
    if mark not in (GOES_ON, HELD) or state.src[state.pos] != "`":
        return False
    run = re.compile("`+").match(state.src, state.pos)
    if not run or re.compile(rf"(?<!`){run[0]}(?!`)").search(state.src, run.end()):
        return False
    if not silent:
        token = state.push("code_inline", "code", 0)
        token.content = state.src[run.end() : state.posMax].replace("\n", " ")
        token.markup = run[0]
    state.pos = state.posMax
    return True


def _held_formula(state: StateInline, silent: bool) -> bool:
    """Hold a formula back before its backslash is read as an escape."""
    return state.src[state.pos] in "\\$" and _held(state, silent)


def _held(state: StateInline, silent: bool) -> bool:
    """Hold back what no rule has read, and what may still become whole. Code and the like are read before."""
    mark = state.src[-1:]
    if mark not in (GOES_ON, HELD) or state.posMax != len(state.src) or state.linkLevel:
        return False
    found = _UNFINISHED.match(state.src, state.pos)
    if not found:
        return False
    rest = state.src[state.pos :]
    if found[0] in BLOCK_FORMULAS and state.src[state.pos - 1 : state.pos] in ("", "\n"):
        is_text = len(rest) > MOST_FORMULA  # it ends with the paragraph at the latest
    else:
        is_text = len(rest) > MOST_HELD or _is_over(rest, found[0])
    if is_text:
        return False
    if not silent:
        state.pending += HELD
    state.pos = state.posMax
    return True


def _is_over(rest: str, opened: str) -> bool:
    """Whether it is decided that this is text."""
    if opened[-1] == "[" and opened[0] != "\\":
        end = rest.find("]")
        return end >= 0 and rest[end + 1 : end + 2] not in ("(", GOES_ON, HELD)
    if opened[0] == "<":
        return bool(re.search(r"[\s>]", rest))
    if opened[0] == "&":
        return not re.match(rf"&[#\w]{{0,30}}+[{HELD}{GOES_ON}]", rest)
    return "\n" in rest


def _close_for_show(state: StateInline) -> None:
    """Give each run of stars that is open an end after the text."""
    if state.src[-1:] not in (GOES_ON, HELD):
        return
    for opener in reversed(list(_openers(state.delimiters))):
        state.push("text", "", 0).content = state.tokens[opener.token].content
        closer = Delimiter(opener.marker, opener.length, len(state.tokens) - 1, -1, open=False, close=True)
        state.delimiters.append(closer)
        opener.end = len(state.delimiters) - 1


def _openers(delimiters: Sequence[Delimiter]) -> Iterator[Delimiter]:
    """Those that wait for their end. One star within a word does not: it is a product's."""
    within = -1
    for at, one in enumerate(delimiters):
        within = max(within, one.end)
        if one.end < 0 and one.open and at > within and (not one.close or one.length > 1):
            yield one
