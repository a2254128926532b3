"""Blocks that people write and CommonMark does not have, or reads in another way."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, lheading

from chatsite.chat.rendering.fences import Fence

MOST_FORMULA = 2_000
"""Characters of a formula. What is longer is text."""

_FENCE = re.compile(r"(`{3,}+(?=[^`\r\n]*+$)|~{3,}+)(.*+)")
_FOOTNOTE = re.compile(r"\[\^([\w-]{1,40}+)\]:[ \t]*+(?=\S)")
BLOCK_FORMULAS = {"\\[": "\\]", "$$": "$$"}
"""What a formula that stands in lines of its own begins with, and what ends it."""
_SHORTEST_UNDERLINE = 3
_INTERRUPTED = ["paragraph", "reference", "blockquote", "list", "table"]


def use_blocks(parser: MarkdownIt) -> None:
    """Have the parser, or the outliner, know these blocks."""
    parser.block.ruler.at("fence", _fence, {"alt": _INTERRUPTED[:-1]})
    parser.block.ruler.at("lheading", _underlined_heading)
    parser.block.ruler.before("fence", "formula", _formula, {"alt": _INTERRUPTED})
    parser.block.ruler.before("reference", "footnote", _footnote, {"alt": _INTERRUPTED})


def footnote_name(label: str) -> str:
    """Under which a footnote is among the references."""
    return f"^{label}".upper()


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _fence(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read a fence, in which a Markdown file may have fences of its own."""
    opened = _FENCE.match(_line(state, first))
    if not opened or state.is_code_block(first):
        return False
    if silent:
        return True
    fence = Fence(opened[1], opened[2].strip())
    line, closed = first + 1, False
    while line < end and not closed:
        text = _line(state, line)
        if text and state.sCount[line] < state.blkIndent:
            break  # outside the list that it began in
        closed = not state.is_code_block(line) and fence.ends_with(text)
        line += not closed
    state.line = line + closed
    token = state.push("fence", "code", 0)
    token.info, token.markup = opened[2], opened[1]
    token.content = state.getLines(first + 1, line, state.sCount[first], True)
    token.map, token.meta = [first, state.line], {"closed": closed}
    return True


def _underlined_heading(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Make a heading of what a whole line of dashes underlines: one dash begins a list, more often."""
    before = len(state.tokens)
    if not lheading(state, first, end, silent):
        return False
    if len(_line(state, state.line - 1).rstrip()) >= _SHORTEST_UNDERLINE:
        return True
    del state.tokens[before:]
    state.line = first
    state.parentType = "root"
    return False


def _formula(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    r"""Read `\[` … `\]` or `$$` … `$$` that stands in lines of its own."""
    start = state.bMarks[first] + state.tShift[first]
    ended_by = BLOCK_FORMULAS.get(state.src[start : start + 2])
    if not ended_by or state.is_code_block(first):
        return False
    stop = state.src.find(ended_by, start + 2, start + MOST_FORMULA)
    last = first
    while stop >= 0 and last < end and state.eMarks[last] < stop:
        last += 1
        if last == end or state.isEmpty(last) or state.sCount[last] < state.blkIndent:
            return False
    if stop < 0 or state.src[stop + 2 : state.eMarks[last]].strip():
        return False
    content = state.getLines(first, last + 1, state.blkIndent, False).strip()[2:-2]
    if not content.strip():
        return False
    if not silent:
        state.line = last + 1
        token = state.push("formula", "math", 0)
        token.content, token.markup, token.block = content, state.src[start : start + 2], True
        token.map = [first, state.line]
    return True


def _footnote(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read the text of a footnote, up to an empty line or the next one. It stays where it was written."""
    found = _FOOTNOTE.match(_line(state, first))
    if not found or state.is_code_block(first):
        return False
    if silent:
        return True
    last = first + 1
    while last < end and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        if _FOOTNOTE.match(_line(state, last)):
            break
        last += 1
    state.line = last
    state.env.setdefault("references", {})[footnote_name(found[1])] = {"title": "", "href": ""}
    token = state.push("footnote_open", "p", 1)
    token.map, token.meta = [first, last], {"label": found[1]}
    token = state.push("inline", "", 0)
    token.content = state.getLines(first, last, state.blkIndent, False).lstrip()[found.end() :].strip()
    token.map, token.children = [first, last], []
    state.push("footnote_close", "p", -1)
    return True
