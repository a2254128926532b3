"""Reasoning that a model writes into its text, between `<think>` and `</think>`.

With many chat templates the opening tag is part of the prompt, so that only the closing one is in the
text. What came before it was reasoning, then, which is known too late: it has been shown. So that tag is
taken out, and the next reply of the same model is reasoning from its start on (`ThinkingModels`).
"""

import re
from collections import OrderedDict
from enum import Enum, auto

_OPENING = ("<think>", "<thinking>")
_CLOSING = ("</think>", "</thinking>")
_CLOSES = re.compile("|".join(_CLOSING))
_LONGEST = max(map(len, _CLOSING))
_FENCE = re.compile(r"^ {0,3}(?:```|~~~).*$", re.MULTILINE)
_MOST_MODELS = 256
_MOST_LOOKS = 8
"""Closing tags in code, after which a reply is taken to be about them."""


class _State(Enum):
    START = auto()
    THINKING = auto()
    AFTER = auto()
    """The white space after a block."""
    TEXT = auto()


class ThinkBlocks:
    """Parts the text of one reply, piece by piece, into reasoning and what is not."""

    def __init__(self, *, thinks_from_the_start: bool = False) -> None:
        self._state = _State.START
        self._held = ""
        """What may be part of a tag, or white space around one."""
        self._text: list[str] = []
        self._looks = 0
        self._has_thought = False
        self._unopened: list[str] | None = [] if thinks_from_the_start else None
        """Reasoning that no tag has opened."""
        self.closed_only = False
        """Whether there was a closing tag without an opening one."""
        self.never_closed = False
        """Whether what was taken for reasoning from the start on was the text."""

    def feed(self, text: str) -> tuple[str, str]:
        """The reasoning and the text that are certain now."""
        if self._state is _State.TEXT and not self._held and (self._is_over or "<" not in text):
            self._text.append(text)
            return "", text
        self._held += text
        return self._part(ended=False)

    def end(self) -> tuple[str, str]:
        """What was held back."""
        reasoning, text = self._part(ended=True)
        if self._unopened is not None and not self.closed_only:
            self.never_closed = True
            return "", "".join(self._unopened) + text
        return reasoning, text

    @property
    def _is_over(self) -> bool:
        """Whether no other block can end."""
        return self.closed_only or self._looks >= _MOST_LOOKS

    def _part(self, *, ended: bool) -> tuple[str, str]:
        if self._state is _State.START:
            self._open(ended=ended)
        reasoning = self._think(ended=ended) if self._state is _State.THINKING else ""
        if self._state is _State.AFTER:
            self._held = self._held.lstrip()
            self._state = _State.TEXT if self._held else _State.AFTER
        if self._state is not _State.TEXT:
            return reasoning, ""
        unseen, text = self._write(ended=ended)
        return reasoning + unseen, text

    def _open(self, *, ended: bool) -> None:
        begun = self._held.lstrip()
        for tag in _OPENING:
            if begun.startswith(tag):
                self._held = begun[len(tag) :]
                self._state, self._unopened = _State.THINKING, None
                return
        if ended or (begun and not any(tag.startswith(begun) for tag in _OPENING)):
            self._state = _State.TEXT if self._unopened is None else _State.THINKING

    def _think(self, *, ended: bool) -> str:
        """Reasoning up to its closing tag, without the white space around it."""
        if not self._has_thought:
            self._held = self._held.lstrip()
        tag = next((tag for tag in _CLOSES.finditer(self._held) if not _is_quoted(self._held, tag)), None)
        if tag is not None:
            certain, self._held = self._held[: tag.start()].rstrip(), self._held[tag.end() :]
            self.closed_only = self._unopened is not None
            self._state = _State.AFTER
        elif ended:
            certain, self._held = self._held, ""
        else:
            certain = _before_tag(self._held).rstrip()
            self._held = self._held[len(certain) :]
        self._has_thought = self._has_thought or bool(certain)
        if self._unopened is not None:
            self._unopened.append(certain)
        return certain

    def _write(self, *, ended: bool) -> tuple[str, str]:
        """Text. A closing tag that stands in it by itself ends reasoning that nobody saw begin."""
        reasoning = ""
        text = whole = self._held if ended or self._is_over else _before_tag(self._held)
        if (tag := self._stray_tag(text)) is not None:
            before, text = text[: tag.start()], text[tag.end() :].lstrip()
            self.closed_only = True
            self._held = self._held[len(whole) :]
            self._state = _State.TEXT if text else _State.AFTER
            if self._text:
                text = before + text
            else:
                reasoning = before.rstrip()
        elif not self._text and len(text) < len(self._held):
            return "", ""  # nothing of it was shown yet: wait until it is clear what it is
        else:
            self._held = self._held[len(text) :]
        if text:
            self._text.append(text)
        return reasoning, text

    def _stray_tag(self, text: str) -> re.Match[str] | None:
        for tag in _CLOSES.finditer(text):
            if self._is_over:
                break
            self._looks += 1
            before, after = text[: tag.start()].rstrip(" "), text[tag.end() :]
            stands_alone = before.endswith("\n") or after[:1] in ("", "\n")
            if stands_alone and not _is_in_code("".join(self._text) + before):
                return tag
        return None


class ThinkingModels:
    """The models that think without saying where they begin. Of too many, the oldest is forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def __contains__(self, model: tuple[str, str]) -> bool:
        return model in self._known

    def learn(self, model: tuple[str, str], reply: ThinkBlocks) -> None:
        """Note what a reply of the model has shown."""
        if reply.closed_only:
            self._known[model] = None
        if reply.never_closed or len(self._known) > _MOST_MODELS:
            self._known.pop(model if reply.never_closed else next(iter(self._known)), None)


thinking_models = ThinkingModels()
"""The process's only one."""


def _before_tag(text: str) -> str:
    """The text without a closing tag at its end, or what may become one."""
    place = text.rfind("<", max(0, len(text) - _LONGEST))
    is_begun = place >= 0 and any(tag.startswith(text[place:]) for tag in _CLOSING)
    return text[:place] if is_begun else text


def _is_quoted(text: str, tag: re.Match[str]) -> bool:
    return text[: tag.start()].endswith("`") and text[tag.end() :].startswith("`")


def _is_in_code(text: str) -> bool:
    """Whether what comes after a Markdown text would be code."""
    fences = list(_FENCE.finditer(text))
    if len(fences) % 2:
        return True
    begun = text[fences[-1].end() :] if fences else text
    return begun.rpartition("\n\n")[2].count("`") % 2 == 1
