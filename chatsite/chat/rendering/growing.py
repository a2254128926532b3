"""The block that is still being written, shown while it is: what a page has to change for each token.

A token of plain words changes nothing but the end of the text, and the page puts it there by itself
(`static/chat/reply/open_block.js` has the same rule), until there are many. Any other is looked at in a
child, together with what stands before it in the same item, row, sentence or line of code.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from chatsite.chat.rendering import pieces
from chatsite.confined.pool import NoPlace, TooMuch
from streaming.events import BaseEvent

# What is not one of these goes on as it was: in text, and in code.
NOT_PLAIN = re.compile(r"[\r\n*_~`\[\]!\\$<&|/]")
NOT_PLAIN_IN_CODE = re.compile(r"[\r\n`~]")

EVERY = 0.04
"""Seconds between two looks at one reply. What comes in between is shown a moment later."""
LARGE = 1_000
"""From here on, in characters, a window is looked at again when it has grown by an eighth."""
TOO_LARGE = 50_000
"""Such a window is shown when it is finished."""


@dataclass(frozen=True, slots=True)
class Open(BaseEvent):
    """What the block looks like that is still open.

    `html` takes the place of what the last such event showed. Before that, `done` does, and stays; then
    `depth` says how deep in its last element `html` goes on. It is made for one reader, and has no number.
    """

    event: ClassVar[str] = "open"
    html: str
    done: str = ""
    depth: int = 0

    def data(self) -> dict[str, Any]:
        return {"html": self.html} | ({"done": self.done, "depth": self.depth} if self.done else {})


class Growing(Protocol):
    """A reply, as far as it matters here."""

    @property
    def tail(self) -> str: ...
    @property
    def fence(self) -> str | None: ...


@dataclass
class OpenBlock:
    """The open block of one reply."""

    clock: Callable[[], float] = time.monotonic
    every: float = EVERY
    _window: str = field(default="", init=False)
    _head: str = field(default="", init=False)  # the lines that say what the window is in
    _in_paragraph: bool = field(default=False, init=False)
    _info: str | None = field(default=None, init=False)  # of the fence that the window is in
    _modes: list[str] = field(default_factory=lambda: ["root"], init=False)
    _is_due: bool = field(default=False, init=False)
    _goes_on: bool = field(default=False, init=False)  # whether the page shows plain text by itself
    _shown: Open | None = field(default=None, init=False)
    _looked_at: int = field(default=0, init=False)
    _last_look: float = field(default=float("-inf"), init=False)

    def follow(self, text: str, reply: Growing, *, anew: bool) -> None:
        """Take what was added to the reply, whose tail begins `anew` if that finished a block."""
        if anew or reply.fence != self._info:
            self.begin(reply)
        else:
            self._add(text)

    def begin(self, reply: Growing) -> None:
        """Begin with the tail of the reply, of which nothing is shown yet."""
        tail, info = reply.tail, reply.fence
        self._window = tail if info is None else tail.partition("\n")[2]
        self._info, self._modes = info, ["root"]
        self._head, self._in_paragraph, self._goes_on, self._looked_at = "", False, False, 0
        self._shown = Open("")
        self._is_due = bool(tail.strip())

    def _add(self, text: str) -> None:
        self._window += text
        special = NOT_PLAIN if self._info is None else NOT_PLAIN_IN_CODE
        is_long = self._info is None and len(self._window) >= LARGE
        self._is_due = self._is_due or is_long or not self._goes_on or bool(special.search(text))

    def look(self, references: Mapping[str, dict[str, Any]]) -> Open | None:
        """Say what to show, if that is another thing than before, and it is time."""
        now = self.clock()
        if not self._is_due or now - self._last_look < self.every or not self._has_grown():
            return None
        self._is_due, self._last_look, self._looked_at = False, now, len(self._window)
        try:
            change = self._text(references) if self._info is None else self._code(self._info)
        except NoPlace:
            self._is_due = True
            return None
        except TooMuch:
            self._looked_at = TOO_LARGE
            return None
        before, self._shown = self._shown, change
        return change if change != before or change.done else None

    def _has_grown(self) -> bool:
        most = TOO_LARGE if self._looked_at < TOO_LARGE else 0
        return len(self._window) < LARGE or self._looked_at * 1.125 <= len(self._window) < most

    def _text(self, references: Mapping[str, dict[str, Any]]) -> Open:
        shown = pieces.shown(self._head + self._window, references, in_paragraph=self._in_paragraph)
        if shown.done:
            whole = self._head + self._window
            self._head, self._window = whole[slice(*shown.head)], whole[shown.at :]
            self._in_paragraph = shown.in_paragraph
            self._looked_at = 0
        self._goes_on = shown.goes_on
        return Open(shown.html, shown.done, shown.depth)

    def _code(self, info: str) -> Open:
        coloured = pieces.coloured(self._window, info, self._modes)
        self._window = self._window[self._window.rfind("\n") + 1 :]
        self._modes, self._looked_at = coloured.modes, 0
        self._goes_on = coloured.goes_on
        return Open(coloured.html, coloured.done, 3 if coloured.done else 0)
