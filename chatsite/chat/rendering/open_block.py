"""Runs in a child process: the block that is still being written, as far as it is decided.

A text that grows is a window that moves: what is before the last item, row or sentence stays as it is shown,
and the next window begins after it. So each piece is looked at a few times, however long the block becomes.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from chatsite.chat.rendering import unfinished
from chatsite.chat.rendering.highlight import Highlighter
from chatsite.chat.rendering.markup import code_around, language_of
from chatsite.chat.rendering.parser import LINE_END, References, new_parser, parser, sanitised, well_formed
from chatsite.chat.rendering.unfinished import GOES_ON, GUARD, LONG, Parting


@dataclass(frozen=True, slots=True)
class Shown:
    """What a window looks like."""

    html: str
    done: str = ""
    """HTML that stays, before the other."""
    depth: int = 0
    """How many elements that `done` ends with the other goes on in."""
    at: int = 0
    """With which character of the window the next one begins."""
    head: tuple[int, int] = (0, 0)
    """The characters that stand before the next window, since they say what it is in."""
    in_paragraph: bool = False
    """Whether the next window begins inside a paragraph."""
    goes_on: bool = False
    """Whether plain text may be put after it without asking."""


def shown(text: str, references: References, *, in_paragraph: bool = False) -> Shown:
    """Show a window, whose first characters may be in a paragraph that began before it."""
    text = unfinished.unmarked(well_formed(text))
    env: dict[str, Any] = {"references": dict(references)}
    guard = GUARD if in_paragraph else ""
    marked = unfinished.marked(guard + text)
    tokens = _parser().parse(marked, env)
    if _ends_in_paragraph(tokens) and (decided := unfinished.without_first_row(marked)) != marked:
        tokens = _parser().parse(decided, env)
    if parts := unfinished.parting(tokens):
        return _parted(text, parts, env)
    if len(tokens) == 3 and tokens[0].type == "paragraph_open" and len(text) > LONG:
        at = unfinished.neutral_cut(text)
        if at and (done := _neutral(guard + text[:at] + GUARD, env)):
            rest = unfinished.marked(GUARD + text[at:])
            html = _html(_parser().parse(rest, env), env)
            return Shown(html, done, 1, at, in_paragraph=True, goes_on=GOES_ON in html)
    html = _html(tokens, env)
    return Shown(html, goes_on=GOES_ON in html)


def code(text: str, info: str, modes: list[str]) -> dict[str, Any]:
    """Colour the next lines of a block of code that is open. The last one may be the end of the fence."""
    language = language_of(info)
    highlighter = Highlighter(language, modes)
    *lines, last = unfinished.unmarked(well_formed(text)).split("\n")
    whole = "".join(f"{highlighter.line(line)}\n" for line in lines)
    after = list(highlighter.modes)
    goes_on = bool(last) and last.lstrip()[:1] not in ("`", "~")
    rest = highlighter.line(last) + GOES_ON if goes_on else ""
    return {
        "done": sanitised(code_around(whole, language)) if lines else "",
        "html": sanitised(code_around(rest, language)),
        "modes": after,
        "goes_on": goes_on,
    }


def _parted(text: str, parts: Parting, env: dict[str, Any]) -> Shown:
    lines = [0, *(match.end() for match in LINE_END.finditer(text))]
    first, end = parts.head
    done, rest = _html(parts.done, env), _html(parts.rest, env)
    depth = 3 if end > first else 1  # a table has its body around the rows, and what scrolls around it
    at, head = lines[parts.line], (lines[first], lines[end])
    return Shown(rest, done, depth, at, head, goes_on=GOES_ON in rest)


def _neutral(text: str, env: dict[str, Any]) -> str:
    """The HTML of a paragraph's beginning; nothing where something in it is still open."""
    tokens = parser().parse(text, env)
    neutral = len(tokens) == 3 and unfinished.is_neutral(tokens[1].children or ())
    return _html(tokens, env) if neutral else ""


def _ends_in_paragraph(tokens: Any) -> bool:
    kinds = [token.type for token in tokens if token.type in ("paragraph_open", "td_open", "th_open")]
    return kinds[-1:] == ["paragraph_open"]


def _html(tokens: Any, env: dict[str, Any]) -> str:
    made = _parser().renderer.render(tokens, _parser().options, env)
    return sanitised(made).replace(GUARD, "")


@cache
def _parser() -> MarkdownIt:
    made = new_parser()
    unfinished.use_marks(made)
    return made
