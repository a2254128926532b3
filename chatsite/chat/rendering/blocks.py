"""A presenter: adds rendered HTML to a run's events, one top-level Markdown block at a time.

Only the last top-level block of a growing text can still change. At the end of a line all blocks before it
are rendered, sent and never looked at again (a cut inside a line would split `- a` from `*b*`); the rest, the
tail, travels as plain text. What was sent plus the tail is always the whole text so far, so nothing that a
reader sees depends on when a block was finished, and the page ends up as `render(text)` however the tokens
were cut.

The work is close to linear in the text: each block is rendered once, an open fence is watched instead of
parsed, and a long list or table is looked at again only when it has grown by a quarter, or visibly ended.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from markdown_it.token import Token as Part

from chatsite.chat.rendering.markdown import References, outline, render
from streaming.events import End, Event, Idle, Token

# Up to this many characters a tail costs too little to be worth waiting for.
SMALL_TAIL = 250

# A blank line ends these for good, their own last line the headings and rules. Lists and indented code go on.
_ENDED_BY_BLANK_LINE = frozenset({"paragraph_open", "table_open", "blockquote_open"})
_ENDED_BY_ITSELF = frozenset({"heading_open", "hr"})

_LINE_END = re.compile(r"\r\n?|\n")
_BLANK_LINES = re.compile(r"(?:[ \t]*(?:\r\n?|\n))*")
# After a blank line, this begins a new top-level block whatever came before (but an open fence).
_NEW_BLOCK = re.compile(r"(?!(?:[-+*]|\d{1,9}[.)])(?:\s|$))\S")


@dataclass(frozen=True, slots=True)
class Block(Event):
    """Finished HTML to append to the reply, and the source text after it. With `whole` it replaces the reply.

    It is made for one reader, so it has no number in the run.
    """

    event: ClassVar[str] = "block"
    html: str
    tail: str
    whole: bool = False

    def data(self) -> dict[str, Any]:
        return {"html": self.html, "tail": self.tail} | ({"whole": True} if self.whole else {})


def with_blocks(events: Iterable[Event | Idle], *, text: str = "") -> Iterator[Event | Idle]:
    """Yield `events`, each finished block after the token that finished it, and the last one before the end.

    A reader that resumes after event n gives as `text` all text up to n. What its page shows depends on
    where it was interrupted, so a whole block comes first, and all that follows builds on it.
    """
    reply = Reply(text)
    if text:
        yield Block(html=reply.html, tail=reply.tail, whole=True)
    for event in events:
        if isinstance(event, End):
            yield from reply.finish()
        yield event
        if isinstance(event, Token) and (block := reply.add(event.text)):
            yield block


@dataclass
class Reply:
    """A reply so far: `html`, which is final but for link references, and `tail`, the source after it."""

    text: str = ""
    _html: list[SafeString] = field(default_factory=list, init=False)
    _source: list[str] = field(default_factory=list, init=False)  # all of the text, in pieces
    _tail: list[str] = field(default_factory=list, init=False)  # the end of it that is not rendered
    _line: list[str] = field(default_factory=list, init=False)  # the end of that which has no line end yet
    _tail_length: int = field(default=0, init=False)
    _looked_at: int = field(default=0, init=False)  # the length of the tail when it was last parsed
    _after_blank: bool = field(default=False, init=False)
    _fence_end: re.Pattern[str] | None = field(default=None, init=False)
    _references: References = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._append(self.text)
        self._freeze()

    @property
    def html(self) -> SafeString:
        """The finished blocks, rendered."""
        return format_html_join("", "{}", ((html,) for html in self._html))

    @property
    def tail(self) -> str:
        """The source text that is not rendered yet."""
        return "".join(self._tail)

    def add(self, text: str) -> Block | None:
        """Append `text`; return what it finished, if anything."""
        return self._freeze() if self._append(text) else None

    def finish(self) -> Iterator[Block]:
        """Yield what is left to show: the tail, or the whole if a link reference changes what was sent."""
        tail = self.tail
        self._html.append(render(tail, references=self._references))
        whole = render("".join(self._source))
        if whole != self.html:
            yield Block(html=whole, tail="", whole=True)
        elif tail:
            yield Block(html=self._html[-1], tail="")

    def _append(self, text: str) -> bool:
        """Take `text`, and say whether the tail is worth parsing."""
        self._source.append(text)
        self._tail.append(text)
        self._tail_length += len(text)
        self._line.append(text)
        if "\n" not in text:
            return False
        *lines, rest = "".join(self._line).split("\n")
        self._line = [rest]
        ended = [self._may_end_a_block(line) for line in lines]
        if self._fence_end or self._tail_length > SMALL_TAIL:
            return any(ended) or (not self._fence_end and self._tail_length > self._looked_at * 5 // 4)
        return True

    def _may_end_a_block(self, line: str) -> bool:
        if self._fence_end:
            return bool(self._fence_end.match(line))
        after_blank, self._after_blank = self._after_blank, not line.strip()
        return after_blank and bool(_NEW_BLOCK.match(line))

    def _freeze(self) -> Block | None:
        """Render what cannot change any more, and keep the rest as the tail."""
        tail = self.tail
        lines = tail[: tail.rfind("\n") + 1]
        cut, self._fence_end = _finished(lines)
        rest = tail[cut:]
        self._tail = [rest]
        self._tail_length = self._looked_at = len(rest)
        if not cut:
            return None
        html = render(tail[:cut], references=self._references)
        self._html.append(html)
        return Block(html=html, tail=rest)


def _finished(text: str) -> tuple[int, re.Pattern[str] | None]:
    """Return how much of `text`, whole lines, is final, and what would end the fence that it leaves open."""
    blocks = [part for part in outline(text) if part.level == 0 and part.nesting >= 0]
    if not blocks or not (last := blocks[-1]).map:
        return 0, None
    lines = [0, *(match.end() for match in _LINE_END.finditer(text))]
    first, end = last.map
    fence_end = _fence_end(last) if last.type == "fence" else None
    if fence_end:
        closed = end - first > 1 and fence_end.match(text[lines[end - 1] : lines[end]])
        return (_after_blank_lines(text, lines[end]), None) if closed else (lines[first], fence_end)
    blank_line_follows = end < len(lines) - 1
    ended = last.type in _ENDED_BY_ITSELF or (blank_line_follows and last.type in _ENDED_BY_BLANK_LINE)
    return _after_blank_lines(text, lines[end]) if ended else lines[first], None


def _after_blank_lines(text: str, start: int) -> int:
    blank = _BLANK_LINES.match(text, start)
    return blank.end() if blank else start


def _fence_end(fence: Part) -> re.Pattern[str]:
    return re.compile(rf" {{0,3}}{re.escape(fence.markup[0])}{{{len(fence.markup)},}}[ \t\r\n]*$")
