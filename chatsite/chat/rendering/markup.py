"""What this site makes of Markdown beyond CommonMark: the parser's rules and the HTML of its tokens."""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from chatsite.chat.rendering.formulas import formula
from chatsite.chat.rendering.highlight import highlight

# Deep enough for any list that a person can read. CommonMark has no limit, recursion has.
MAX_NESTING = 20
HIGH = {4: "high", 5: "higher"}
"""The class of a list by how many digits its numbers have, or may have soon; the last is for all longer."""
ITEMS = 100
"""Of a list, at most, as is reckoned where it begins: that is shown before its end is known."""

Tokens = Sequence[Token]
Env = MutableMapping[str, Any]

_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")


def is_link(url: str) -> bool:
    """Whether a link may lead there. Relative ones may not: a model knows no address of ours."""
    return bool(_LINK.match(url))


def show_source_of_what_is_too_deep(state: StateCore) -> None:
    """Replace a top-level block that reaches the nesting limit by its source: the parser drops the rest."""
    if all(token.level < MAX_NESTING - 1 for token in state.tokens):
        return
    lines = state.src.split("\n")
    kept: list[Token] = []
    block: list[Token] = []
    for token in state.tokens:
        block.append(token)
        if token.level or token.nesting > 0:
            continue
        if any(part.level >= MAX_NESTING - 1 for part in block):
            start, end = block[0].map or [0, len(lines)]
            source = "\n".join(lines[start:end]) + "\n"
            block = [Token("code_block", "code", 0, content=source, map=[start, end])]
        kept += block
        block = []
    state.tokens = kept


def tighten_items(state: StateCore) -> None:
    """Let each item of a list decide alone whether its text is in paragraphs: if it has more than one. In
    CommonMark a blank line between two items changes them all, also those that were read long ago."""
    items: list[list[Token]] = []
    for token in state.tokens:
        if token.type == "list_item_open":
            items.append([])
        elif token.type == "list_item_close":
            paragraphs = items.pop()
            for paragraph in paragraphs:
                paragraph.hidden = len(paragraphs) == 2
        elif items and token.type in ("paragraph_open", "paragraph_close"):
            items[-1].append(token)


def images_to_links(state: StateCore) -> None:
    """Put a link in an image's place: to load it would tell its host who reads what. In a link, its text."""
    for block in state.tokens:
        depth = 0
        tokens: list[Token] = []
        for token in block.children or ():
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            tokens += _link_to(token, inside_link=depth > 0) if token.type == "image" else [token]
        if block.children:
            block.children = tokens


def _link_to(image: Token, *, inside_link: bool) -> list[Token]:
    alt = "".join(part.content for part in image.children or () if not part.nesting) or "image"
    text = Token("text", "", 0, content=alt)
    if inside_link:
        return [text]
    opening = Token("link_open", "a", 1, attrs={"href": image.attrs["src"]})
    return [opening, text, Token("link_close", "a", -1)]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # a bracket, where a number is expected
        return ""


class PageHTML(RendererHTML):
    """The HTML of a token is the method of its type. What they return is sanitised afterwards."""

    def link_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        """Open a link beside the page, where a reply may be growing, and name the host that it leads to."""
        token = tokens[index]
        if host := _host(str(token.attrs["href"])):
            token.attrs |= {"target": "_blank", "data-host": host}
        return self.renderToken(tokens, index, options, env)

    def heading_open(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        return f"<{_heading(tokens[index])}>"

    def heading_close(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        return f"</{_heading(tokens[index])}>\n"

    def table_open(self, _tokens: Tokens, _index: int, _options: OptionsDict, _env: Env) -> str:
        return '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, _tokens: Tokens, _index: int, _options: OptionsDict, _env: Env) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        """Say a column's alignment by a class; the page's policy forbids inline styles."""
        token = tokens[index]
        align = str(token.attrs.get("style", "")).removeprefix("text-align:")
        return f'<{token.tag} class="align-{align}">' if align else f"<{token.tag}>"

    td_open = th_open

    def fence(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        token = tokens[index]
        language = language_of(token.info)
        return code_around(highlight(token.content, language), language)

    def formula(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        token = tokens[index]
        html = formula(token.content, token.markup, block=token.block)
        return f'<p class="formula">{html}</p>\n' if token.block else html

    def footnote_ref(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        return f'<sup class="footnote-mark">{escapeHtml(tokens[index].content)}</sup>'

    def footnote_open(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        label = escapeHtml(tokens[index].meta["label"])
        return f'<p class="footnote"><sup class="footnote-mark">{label}</sup> '

    def footnote_close(self, _tokens: Tokens, _index: int, _options: OptionsDict, _env: Env) -> str:
        return "</p>\n"

    def ordered_list_open(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        """Mark a list of high numbers: they need more room before the text, or lose their first digits."""
        digits = len(str(int(tokens[index].attrs.get("start", 1)) + ITEMS))
        if digits >= min(HIGH):
            tokens[index].attrSet("class", HIGH[min(digits, max(HIGH))])
        return self.renderToken(tokens, index, options, env)

    def list_item_open(self, tokens: Tokens, index: int, options: OptionsDict, _env: Env) -> str:
        """Mark a task, whose box stands in the place of its bullet."""
        if tokens[index].meta.get("task"):
            tokens[index].attrSet("class", "task")
        return self.renderToken(tokens, index, options, _env)

    def task(self, tokens: Tokens, index: int, _options: OptionsDict, _env: Env) -> str:
        done = bool(tokens[index].content)
        state = 'aria-label="Done" checked' if done else 'aria-label="To do"'
        return f'<input type="checkbox" disabled {state}> '

    def code_block(self, tokens: Tokens, index: int, options: OptionsDict, env: Env) -> str:
        return self.fence(tokens, index, options, env)


def language_of(info: str) -> str:
    """The language that is named after a fence, if it is a name."""
    named = _LANGUAGE.match(info.strip())
    return named[0] if named else ""


def code_around(lines: str, language: str) -> str:
    """A block of code with these lines, which are HTML already."""
    attribute = f' data-language="{language}"' if language else ""
    return (
        f'<div class="code"{attribute}><pre role="group" aria-label="Code" tabindex="0">'
        f"<code>{lines}</code></pre></div>\n"
    )


def _heading(token: Token) -> str:
    """Begin at h3: the page has the h1, and each message an h2."""
    return f"h{min(int(token.tag[1]) + 2, 6)}"
