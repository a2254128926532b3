"""Markdown from a model, or anybody else, to HTML that is safe to put in the page.

The live reply and the stored one are both rendered here, and only here is anything marked safe: after the
sanitiser. A parser is shared by all threads; it is complete before it is handed out, and keeps nothing
between calls.
"""

import re
from functools import cache, lru_cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chatsite.chat.rendering import markup
from chatsite.chat.rendering.highlight import CLASSES
from chatsite.chat.rendering.markup import Env as References

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
_TAGS = """
    a blockquote br code div em h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th thead tr ul
"""

__all__ = ["LINK_SCHEMES", "References", "outline", "render"]

_KEPT_LENGTH = 100_000
"""Characters up to which a rendered text is kept for the next time."""
_DEAR = {"[": 4_000, "|": 20_000}
"""Characters that take the parser long, for what they might begin. A text with more is shown as it is:
sixty thousand of the first, which a model may well repeat, would hold a processor for seconds."""

_SURROGATES = re.compile("[\ud800-\udfff]+")


def render(text: str, *, references: References | None = None) -> SafeString:
    """Return `text` as sanitised HTML.

    Where a long text is rendered in parts, `references` is handed from part to part, so that a link
    reference defined in one is known to those after it. (Not to those before it: see `blocks`.)
    """
    if references is None and len(text) <= _KEPT_LENGTH:
        return _kept(text)
    return _render(text, {} if references is None else references)


@lru_cache(maxsize=256)
def _kept(text: str) -> SafeString:
    """Whole replies stay as they are, and every look at a conversation shows all of them."""
    return _render(text, {})


def _render(text: str, references: References) -> SafeString:
    text = _well_formed(text)
    if any(text.count(character) > most for character, most in _DEAR.items()):
        html = f"<pre>{escape(text)}</pre>"
    else:
        html = _parser().render(text, references)
    return mark_safe(_sanitiser().clean(html))  # noqa: S308 - the one place, after the sanitiser


def outline(text: str) -> list[Token]:
    """Return the block structure of `text` without any inline work: cheap, to see where blocks begin."""
    return _outliner().parse(text)


def _well_formed(text: str) -> str:
    """Join split surrogate pairs and replace lone halves: neither UTF-8 nor the sanitiser takes them."""

    def repaired(match: re.Match[str]) -> str:
        return match[0].encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    return _SURROGATES.sub(repaired, text).replace("\0", "\N{REPLACEMENT CHARACTER}")


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": False, "maxNesting": markup.MAX_NESTING}
    parser = MarkdownIt("commonmark", options, renderer_cls=markup.PageHTML)
    parser.enable(["table", "strikethrough"])
    parser.validateLink = markup.is_link  # type: ignore[method-assign]
    parser.core.ruler.after("block", "too_deep", markup.show_source_of_what_is_too_deep)
    parser.core.ruler.after("inline", "images_to_links", markup.images_to_links)
    parser.render("")  # compiles the rules, which other threads would see half done
    return parser


@cache
def _outliner() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": markup.MAX_NESTING})
    parser.enable("table").disable("inline")
    parser.parse("")
    return parser


@cache
def _sanitiser() -> nh3.Cleaner:
    aligned = {"align-left", "align-center", "align-right"}
    return nh3.Cleaner(
        tags=set(_TAGS.split()),
        clean_content_tags={"script", "style"},
        attributes={"a": {"href", "title"}, "ol": {"start"}, "div": {"data-language"}},
        tag_attribute_values={
            "div": {"role": {"group"}, "aria-label": {"Table"}, "tabindex": {"0"}},
            "pre": {"role": {"group"}, "aria-label": {"Code"}, "tabindex": {"0"}},
        },
        allowed_classes={"div": {"code", "table-scroll"}, "span": set(CLASSES), "td": aligned, "th": aligned},
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
