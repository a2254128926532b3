"""A reply in a terminal: its text, and what leads to it."""

import json
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import jsonpatch
from django.core.management.base import OutputWrapper

from streaming.errors import in_language
from streaming.events import Documents, End, Event, Output, Reasoning, Token, ToolEnd, ToolStart

_TITLE_LENGTH = 60


class Screen:
    """The reply on standard output; what leads to it on standard error, not into a pipe.

    On a terminal they share the screen, so neither goes on in a line that the other has begun.
    """

    def __init__(self, out: OutputWrapper, err: OutputWrapper, *, bold: Callable[[str], str]) -> None:
        self._out = out
        self._err = err
        self._bold = bold
        self._unfinished: OutputWrapper | None = None
        """Where the last line was begun, if it is not at its end."""
        self._has_text = False
        self._output: Any = None
        self._documents = 0

    def show(self, event: Event) -> None:
        """Print what the event brings."""
        match event:
            case Token(text=text):
                self._has_text = True
                self._write(self._out, text)
            case Output(patch=patch):
                self._output = jsonpatch.apply_patch(self._output, list(patch))
            case End():
                if not self._has_text and self._output is not None:
                    self._write(self._out, _text(self._output))
                self.end_line()
            case Documents(documents=documents):
                self._write(self._err, "".join(map(self._numbered, documents)))
            case _:
                self._write(self._err, _aside(event))

    def end_line(self, *, or_begin_one: bool = False) -> None:
        """End the line that was begun. Ctrl-C shows as ^C, and what follows must not stand beside it."""
        where = self._unfinished or (self._err if or_begin_one else None)
        if where is not None:
            where.write("\n", str)
        self._unfinished = None

    def _numbered(self, document: Mapping[str, str]) -> str:
        """A line for a document, with the number by which the reply cites it."""
        self._documents += 1
        return f"[{self._documents}] {_title(document)}\n"

    def _write(self, where: OutputWrapper, text: str) -> None:
        if not text:
            return
        if where is not self._unfinished:
            self.end_line()
        self._unfinished = None if text.endswith("\n") else where
        if where.isatty():
            text = text.translate(_CONTROLS)
        where.write(text, self._bold if where is self._err and where.isatty() else str, ending="")
        where.flush()


_CONTROLS = {
    code: None if chr(code) == "\r" else "\ufffd"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\n\t"
}
"""Neither a model nor a document may move a terminal's cursor, or write into its clipboard."""


def _aside(event: Event) -> str:
    """What leads to the reply, for the terminal."""
    match event:
        case Reasoning():
            return event.text
        case ToolStart():
            return f"{event.name} {json.dumps(event.input, ensure_ascii=False, default=str)}\n"
        case ToolEnd():
            return f"{event.name}: {in_language(event.error or '') or _text(event.output)}\n"
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _title(document: Mapping[str, str]) -> str:
    """What a document is called; how it begins, if it has no name."""
    return (
        in_language(document["title"])
        or document["source"]
        or textwrap.shorten(document["text"], _TITLE_LENGTH)
    )
