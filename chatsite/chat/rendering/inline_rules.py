"""What people write within a line and CommonMark does not have, or reads in another way."""

import re
import unicodedata

from markdown_it import MarkdownIt
from markdown_it.common.utils import isWhiteSpace
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from chatsite.chat.rendering.block_rules import MOST_FORMULA, footnote_name

_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3000-\u303f\u3040-\u33ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
_FORMULA_ENDS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_FOOTNOTE = re.compile(r"\[\^([\w-]{1,40}+)\](?!:)")
_NUMBER = re.compile(r"\d{1,3}")
_TASK = re.compile(r"\[([ xX])\][ \t\u00a0]")

# Up to white space, a bracket or quote, or text that is written without blanks.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9_@/.:-])(?:https?://|www\.(?=[\w-]++\.))"
    r"[^\s<>\"`\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]++",
    re.IGNORECASE,
)
_NOT_AT_ITS_END = ".,;:!?'*_~|"


def use_inline(parser: MarkdownIt) -> None:
    """Have the parser know these."""
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("link", "footnote_ref", _footnote_reference)
    parser.core.ruler.push("bare_links", _bare_links)
    parser.core.ruler.push("tasks", _tasks)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Note each marker, as CommonMark does, but for those beside Chinese, Japanese or Korean."""
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    opens, closes = scanned.can_open, scanned.can_close
    before = state.src[state.pos - 1 : state.pos] or " "
    after = state.src[state.pos + scanned.length : state.pos + scanned.length + 1] or " "
    if marker == "*" and (_CJK.match(before) or _CJK.match(after)):
        opens, closes = _beside_cjk(before, after)
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(ord(marker), scanned.length, len(state.tokens) - 1, -1, opens, closes)
        )
    state.pos += scanned.length
    return True


def _beside_cjk(before: str, after: str) -> tuple[bool, bool]:
    """Whether a run opens, and closes. Such text has no blanks between its words: its characters stand in for
    the blank or the punctuation that CommonMark asks for, and its punctuation is a letter like any other."""

    def is_punctuation(character: str) -> bool:
        return not _CJK.match(character) and unicodedata.category(character)[0] in "PS"

    def is_edge(character: str) -> bool:
        return isWhiteSpace(ord(character)) or is_punctuation(character) or bool(_CJK.match(character))

    opens = not isWhiteSpace(ord(after)) and (not is_punctuation(after) or is_edge(before))
    closes = not isWhiteSpace(ord(before)) and (not is_punctuation(before) or is_edge(after))
    return opens, closes


def _formula(state: StateInline, silent: bool) -> bool:
    r"""Read `\(` … `\)`, or a formula for a line of its own within text. One `$` is a price."""
    markup = state.src[state.pos : state.pos + 2]
    ended_by = _FORMULA_ENDS.get(markup)
    if not ended_by:
        return False
    start = state.pos + 2
    end = state.src.find(ended_by, start, min(state.posMax, start + MOST_FORMULA))
    content = state.src[start:end]
    if end < 0 or not content.strip() or (markup == "$$" and content != content.strip()):
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup = content, markup
    state.pos = end + 2
    return True


def _footnote_reference(state: StateInline, silent: bool) -> bool:
    """Read `[^1]`; a name only where a footnote has it."""
    found = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not _NUMBER.fullmatch(found[1]) and footnote_name(found[1]) not in state.env.get("references", {}):
        return False
    if not silent:
        state.push("footnote_ref", "sup", 0).content = found[1]
    state.pos = found.end()
    return True


def _bare_links(state: StateCore) -> None:
    """Make links of addresses that stand in the text."""
    for block in state.tokens:
        depth = 0
        tokens: list[Token] = []
        for token in block.children or ():
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            linked = token.type == "text" and depth == 0 and "w" in token.content + "://w"
            tokens += _with_links(token.content, state.md) if linked else [token]
        if block.children:
            block.children = tokens


def _with_links(text: str, parser: MarkdownIt) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        address = _without_what_follows(found[0])
        href = parser.normalizeLink(address if "://" in address else f"https://{address}")
        if address.endswith("//") or not parser.validateLink(href):
            continue
        end = found.start() + len(address)
        shown = Token("text", "", 0, content=address)
        opening = Token("link_open", "a", 1, attrs={"href": href})
        before = Token("text", "", 0, content=text[at : found.start()])
        tokens += [before, opening, shown, Token("link_close", "a", -1)]
        at = end
    return [*tokens, Token("text", "", 0, content=text[at:])]


def _without_what_follows(address: str) -> str:
    """The address without the punctuation of the sentence, and without a bracket that it did not open."""
    end = len(address)
    surplus = {")": address.count(")") - address.count("("), "]": address.count("]") - address.count("[")}
    while end:
        last = address[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _NOT_AT_ITS_END:
            break
        end -= 1
    return address[:end]


def _tasks(state: StateCore) -> None:
    """Make a box of the `[ ]` or `[x]` at the head of a list's item."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        text = inline.children[0]
        if text.type == "text" and (found := _TASK.match(text.content)):
            item.meta = {"task": True}
            text.content = text.content[found.end() :]
            box = Token("task", "input", 0, content="" if found[1] == " " else "x")
            inline.children.insert(0, box)
