"""A presenter: adds rendered HTML to a run's events, one top-level Markdown block at a time.

Only the last top-level block of a growing text can still change. At the end of a line all blocks before it
are rendered, sent and never looked at again (a cut inside a line would split `- a` from `*b*`); the rest, the
tail, travels as plain text. What was sent plus the tail is always the whole text so far, so nothing that a
reader sees depends on when a block was finished, and the page ends up as `render(text)` however the tokens
were cut.

The work is in proportion to the text: each block is rendered once, an open fence is watched instead of
parsed, and a tail in which nothing was final is looked at again only when it has grown by its share.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chatsite.chat.rendering import pieces
from chatsite.chat.rendering.fences import Fence
from chatsite.chat.rendering.growing import Open, OpenBlock
from chatsite.confined.pool import NoPlace, TooMuch, TooSlow
from streaming.events import BaseEvent, End, Event, Idle, Token

# Up to this many characters a tail costs too little to be worth waiting for.
SMALL_TAIL = 250
LARGE_TAIL = 5_000
"""From here on a tail is looked at again when it has doubled, before that when it has grown by a quarter."""
AT_A_TIME = 4_000
"""Characters of a text that is there already: it is taken as if it came in pieces, for the same cost."""
MOST_REFERENCES = 20_000
"""Characters of the link references of a reply."""

# After a blank line, this begins a new top-level block whatever came before (but an open fence).
_NEW_BLOCK = re.compile(r"(?!(?:[-+*]|\d{1,9}[.)])(?:\s|$))\S")


@dataclass(frozen=True, slots=True)
class Block(BaseEvent):
    """Finished HTML to append to the reply, and the source text after it. With `whole` it replaces the reply.

    It is made for one reader, so it has no number in the run.
    """

    event: ClassVar[str] = "block"
    html: str
    tail: str
    whole: bool = False

    def data(self) -> dict[str, Any]:
        return {"html": self.html, "tail": self.tail} | ({"whole": True} if self.whole else {})


Shown = Event | Idle | Block | Open
"""What a reader who wants HTML is sent."""


def with_blocks(
    events: Iterable[Event | Idle],
    *,
    text: str = "",
    owner: Hashable = None,
    open_block: OpenBlock | None = None,
) -> Iterator[Shown]:
    """Yield `events`, each finished block after the token that finished it, and the last one before the end.
    With an `open_block`, what the block that is not finished looks like as well.

    A reader that resumes after event n gives as `text` all text up to n. What its page shows depends on
    where it was interrupted, so a whole block comes first, and all that follows builds on it.
    """
    reply = Reply(text, owner=owner)
    if text:
        yield Block(html=reply.html, tail=reply.tail, whole=True)
        yield from _resumed(reply, open_block)
    for event in events:
        if isinstance(event, End):
            yield from reply.finish()
        yield event
        if isinstance(event, Token):
            yield from _shown(reply, event.text, open_block)
        if open_block and (change := open_block.look(reply.references)):
            yield change


def _resumed(reply: "Reply", open_block: OpenBlock | None) -> Iterator[Open]:
    if open_block:
        open_block.begin(reply)
        if change := open_block.look(reply.references):
            yield change


def _shown(reply: "Reply", text: str, open_block: OpenBlock | None) -> Iterator[Block]:
    block = reply.add(text)
    if block:
        yield block
    if open_block:
        open_block.follow(text, reply, anew=block is not None)


@dataclass
class Reply:
    """A reply so far: `html`, which is final but for link references, and `tail`, the source after it."""

    text: str = ""
    owner: Hashable = None
    """Whose turn it takes to render it."""
    is_provisional: bool = field(default=False, init=False)
    """Whether some of it is its source for want of a place or a processor: it may be rendered next time."""
    _html: list[SafeString] = field(default_factory=list, init=False)
    _source: list[str] = field(default_factory=list, init=False)  # what each of these was made of
    _tail: list[str] = field(default_factory=list, init=False)  # the end of it that is not rendered
    _line: list[str] = field(default_factory=list, init=False)  # the end of that which has no line end yet
    _tail_length: int = field(default=0, init=False)
    _looked_at: int = field(default=0, init=False)  # the length of the tail when it was last parsed
    _has_ended: bool = field(default=False, init=False)  # whether a block in it seemed to have ended
    _in_vain: bool = field(default=False, init=False)  # whether it seemed so, and nothing was final
    _given_up: bool = field(default=False, init=False)
    _after_blank: bool = field(default=False, init=False)
    _fence: Fence | None = field(default=None, init=False)
    _references: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    _references_length: int = field(default=0, init=False)
    _reaches_back: bool = field(default=False, init=False)  # whether one may be named before it is defined

    def __post_init__(self) -> None:
        for at in range(0, len(self.text), AT_A_TIME):
            self.add(self.text[at : at + AT_A_TIME])

    @property
    def html(self) -> SafeString:
        """The finished blocks, rendered."""
        return format_html_join("", "{}", ((html,) for html in self._html))

    @property
    def tail(self) -> str:
        """The source text that is not rendered yet."""
        return "".join(self._tail)

    @property
    def fence(self) -> str | None:
        """What stands after the opening of the fence that the tail is in; None if it is in none."""
        return self._fence.info if self._fence else None

    @property
    def references(self) -> Mapping[str, dict[str, Any]]:
        """The link references that are known so far."""
        return self._references

    def add(self, text: str) -> Block | None:
        """Append `text`; return what it finished, if anything."""
        return self._freeze() if self._append(text) else None

    def finish(self) -> Iterator[Block]:
        """Yield what is left to show: the tail, or the whole if a link reference changes what was sent."""
        tail = self.tail
        if tail:
            self._take(self._rendered(tail), tail)
        sent = list(self._html)
        if self._reaches_back:
            self._render_again()
        if self._html != sent:
            yield Block(html=self.html, tail="", whole=True)
        elif tail:
            yield Block(html=self._html[-1], tail="")

    def whole(self) -> SafeString:
        """The HTML of all of it. It has come to its end with that."""
        for _ in self.finish():
            pass
        return self.html

    def _append(self, text: str) -> bool:
        """Take `text`, and say whether the tail is worth parsing."""
        self._tail.append(text)
        self._tail_length += len(text)
        self._line.append(text)
        if "\n" not in text or self._given_up:
            return False
        *lines, rest = "".join(self._line).split("\n")
        self._line = [rest]
        ended = [self._may_end_a_block(line) for line in lines]
        self._has_ended = any(ended)
        growth = 1.25 if self._tail_length < LARGE_TAIL else 2
        if self._fence or self._tail_length <= SMALL_TAIL:
            return self._has_ended or not self._fence
        return (self._has_ended and not self._in_vain) or self._tail_length > self._looked_at * growth

    def _may_end_a_block(self, line: str) -> bool:
        if self._fence:
            return self._fence.ends_with(line)
        after_blank, self._after_blank = self._after_blank, not line.strip()
        return after_blank and bool(_NEW_BLOCK.match(line))

    def _freeze(self) -> Block | None:
        """Render what cannot change any more, and keep the rest as the tail."""
        tail = self.tail
        try:
            done = pieces.finished(tail[: tail.rfind("\n") + 1], self._references, owner=self.owner)
        except (TooMuch, NoPlace) as exc:
            self._note(exc)
            self._given_up = isinstance(exc, TooMuch)
            return None
        rest = tail[done.length :]
        self._tail = [rest]
        self._tail_length = self._looked_at = len(rest)
        self._in_vain = self._has_ended and not done.length
        self._fence = Fence(*done.fence) if done.fence else None
        if self._fence:
            for line in rest.split("\n")[1:-1]:
                self._fence.ends_with(line)
        if not done.length:
            return None
        self._take(done, tail[: done.length])
        return Block(html=done.html, tail=rest)

    def _take(self, done: pieces.Rendered, source: str) -> None:
        for name, target in done.references.items():
            self._define(name, target)
        self._html.append(done.html)
        self._source.append(source)

    def _define(self, name: str, target: dict[str, Any]) -> None:
        """Take note of a link reference. It is sent along with each piece that might name it, so there is an
        end to them; the first of a name holds."""
        self._references_length += len(name) + sum(map(len, map(str, target.values())))
        if name in self._references or self._references_length > MOST_REFERENCES:
            return
        self._references[name] = target
        self._reaches_back = self._reaches_back or any("[" in html for html in self._html)

    def _render_again(self) -> None:
        """What may name a reference that was defined after it."""
        for place, html in enumerate(self._html):
            if "[" in html:
                self._html[place] = self._rendered(self._source[place]).html

    def _rendered(self, source: str) -> pieces.Rendered:
        """What it looks like; where that is too dear, its source."""
        try:
            return pieces.rendered(source, self._references, owner=self.owner)
        except (TooMuch, NoPlace) as exc:
            self._note(exc)
            return pieces.Rendered(pieces.plain(source), {})

    def _note(self, exc: TooMuch | NoPlace) -> None:
        self.is_provisional = self.is_provisional or isinstance(exc, TooSlow | NoPlace)
