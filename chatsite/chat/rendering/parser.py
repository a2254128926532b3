"""Runs in a child process: Markdown to sanitised HTML, and which of its blocks are final.

Nothing of Django is loaded here. What a text may cost is `chatsite.confined`'s affair; the limits below only
keep a usual text from looking dear.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chatsite.chat.rendering import formulas, markup
from chatsite.chat.rendering.block_rules import use_blocks
from chatsite.chat.rendering.highlight import CLASSES
from chatsite.chat.rendering.inline_rules import use_inline

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
_TAGS = """
    a blockquote br code div em h3 h4 h5 h6 hr input li ol p pre s span strong sup
    table tbody td th thead tr ul
"""

_SURROGATES = re.compile("[\ud800-\udfff]+")
LINE_END = re.compile(r"\r\n?|\n")
_BLANK_LINES = re.compile(r"(?:[ \t]*+(?:\r\n?|\n))*+")

# A blank line ends these for good, their own last line the headings and rules. Lists and indented code go on.
_ENDED_BY_BLANK_LINE = frozenset(
    {"paragraph_open", "table_open", "blockquote_open", "footnote_open", "definition"}
)
_ENDED_BY_ITSELF = frozenset({"heading_open", "hr", "formula"})
# A definition may still find its title in the paragraph after it.
_BEGINS_A_TITLE = re.compile(r"[ \t]*[\"'(]")

References = dict[str, dict[str, Any]]
"""Where links that are only named lead to: `title` and `href` by their names."""


def render(text: str, references: References | None = None) -> tuple[str, References]:
    """The text's HTML, and all the references that are known after it."""
    env = {"references": dict(references or {})}
    html = sanitised(parser().render(well_formed(text), env))
    return html, env["references"]


@dataclass(frozen=True, slots=True)
class Final:
    """How much of a growing text is final."""

    length: int
    fence: tuple[str, str] | None = None
    """The markup and the language of the fence that is open after it."""


def final(text: str) -> Final:
    """See how much of whole lines cannot change any more, whatever comes after them."""
    blocks = [part for part in _outliner().parse(text) if part.level == 0 and part.nesting >= 0]
    if not blocks or not (last := blocks[-1]).map:
        return Final(0)
    lines = [0, *(match.end() for match in LINE_END.finditer(text))]
    first, end = last.map
    if last.type == "fence":
        return _after_fence(text, last, lines)
    blank_line_follows = end < len(lines) - 1
    if last.type in _ENDED_BY_ITSELF or (blank_line_follows and last.type in _ENDED_BY_BLANK_LINE):
        return Final(_after_blank_lines(text, lines[end]))
    before = blocks[-2] if len(blocks) > 1 else None
    follows = before and before.type == "definition" and before.map and before.map[1] == first
    if before and before.map and follows and _BEGINS_A_TITLE.match(text, lines[first]):
        return Final(lines[before.map[0]])
    return Final(lines[first])


def _after_fence(text: str, fence: Token, lines: list[int]) -> Final:
    first, end = fence.map or [0, 0]
    if fence.meta["closed"]:
        return Final(_after_blank_lines(text, lines[end]))
    return Final(lines[first], (fence.markup, fence.info.strip()))


def _after_blank_lines(text: str, start: int) -> int:
    blank = _BLANK_LINES.match(text, start)
    return blank.end() if blank else start


def well_formed(text: str) -> str:
    """Join split surrogate pairs and replace lone halves: neither UTF-8 nor the sanitiser takes them."""

    def repaired(match: re.Match[str]) -> str:
        return match[0].encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    return _SURROGATES.sub(repaired, text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def sanitised(html: str) -> str:
    """The last step of all, whatever the HTML was made of."""
    return _sanitiser().clean(html)


@cache
def parser() -> MarkdownIt:
    """The parser for text that is whole."""
    return new_parser()


def new_parser() -> MarkdownIt:
    """A parser of this site's Markdown."""
    options = {"html": False, "linkify": False, "maxNesting": markup.MAX_NESTING}
    made = MarkdownIt("commonmark", options, renderer_cls=markup.PageHTML)
    made.enable(["table", "strikethrough"])
    use_blocks(made)
    use_inline(made)
    made.validateLink = markup.is_link  # type: ignore[method-assign]
    made.core.ruler.after("block", "too_deep", markup.show_source_of_what_is_too_deep)
    made.core.ruler.after("block", "tight_items", markup.tighten_items)
    made.core.ruler.after("inline", "images_to_links", markup.images_to_links)
    return made


@cache
def _outliner() -> MarkdownIt:
    """Knows blocks and nothing within them: cheap, to see where they begin. Definitions are blocks, too."""
    options = {"html": False, "maxNesting": markup.MAX_NESTING, "inline_definitions": True}
    made = MarkdownIt("commonmark", options)
    made.validateLink = markup.is_link  # type: ignore[method-assign]
    use_blocks(made)
    return made.enable("table").disable("inline")


@cache
def _sanitiser() -> nh3.Cleaner:
    aligned = {"align-left", "align-center", "align-right"}
    return nh3.Cleaner(
        tags={*_TAGS.split(), *formulas.ELEMENTS},
        clean_content_tags={"script", "style"},
        attributes={
            "a": {"href", "title", "data-host"},
            "ol": {"start"},
            "div": {"data-language"},
            **{element: set(formulas.ATTRIBUTES) for element in formulas.ELEMENTS},
        },
        tag_attribute_values={
            "a": {"target": {"_blank"}},
            "annotation": {"encoding": {"application/x-tex"}},
            "input": {
                "type": {"checkbox"},
                "disabled": {""},
                "checked": {""},
                "aria-label": {"Done", "To do"},
            },
            "div": {"role": {"group"}, "aria-label": {"Table"}, "tabindex": {"0"}},
            "pre": {"role": {"group"}, "aria-label": {"Code"}, "tabindex": {"0"}},
        },
        allowed_classes={
            "div": {"code", "table-scroll"},
            "li": {"task"},
            "ol": {"high", "higher"},
            "p": {"footnote", "formula"},
            "span": set(CLASSES),
            "sup": {"footnote-mark"},
            "td": aligned,
            "th": aligned,
        },
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
