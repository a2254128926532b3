"""An object of JSON, read while a model writes it: each character is looked at once.

LangChain's parser begins anew with each piece, and drops one character after the other from the end of what
is broken: 19 KB of that took minutes. This one is lenient where models are: prose and fences stand around the
object, control characters in its strings. What is no JSON it gives up at once, and keeps what it has.
"""

import json
import re
from collections.abc import Callable
from typing import Any

MOST_DEPTH = 50
LONGEST_SCALAR = 400
"""Characters of a number. What is longer is none."""

_BEGINNING = re.compile(r"\{(?=\s*+[\"}])")
_PLAIN = re.compile(r'[^"\\]++')
_SPACE = re.compile(r"\s*+")
_SCALAR = re.compile(r"[-+.\w]++")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}

Step = Callable[[str, int], int]


class _Broken(Exception):
    """It is no JSON from here on."""


class _More(Exception):
    """What comes next cannot be told yet."""


class GrowingJson:
    """Takes text piece by piece. Its `value` is the object so far, None before it begins."""

    def __init__(self) -> None:
        self.is_complete = False
        self.is_broken = False
        self.size = 0
        """Values in it, of all kinds."""
        self._root: dict[str, Any] | None = None
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str] = []
        """Of each open object, the key whose value comes next."""
        self._string: list[str] | None = None
        self._is_key = False
        self._step: Step = self._begin
        self._rest = ""

    @property
    def value(self) -> dict[str, Any] | None:
        """The same object each time, with all that has come."""
        if self._string is not None and not self._is_key:
            self._replace("".join(self._string))
        return self._root

    def feed(self, text: str) -> None:
        """Read on."""
        if self.is_complete or self.is_broken:
            return
        text, at = self._rest + text, 0
        try:
            while at < len(text) and not self.is_complete:
                at = self._step(text, at)
        except _More:
            pass
        except _Broken:
            self.is_broken = True
        self._rest = text[at:]

    def _begin(self, text: str, at: int) -> int:
        if found := _BEGINNING.search(text, at):
            self._root = {}
            self._enter(self._root)
            return found.end()
        last = text.rfind("{", at)
        if last < 0 or text[last + 1 :].strip():
            return len(text)
        if last > at:
            return last
        raise _More

    def _value(self, text: str, at: int) -> int:
        at = _after_space(text, at)
        character = text[at]
        if character == "]" and isinstance(self._open[-1], list):
            return self._leave(at)
        if character == '"':
            self._add("")
            return self._begin_string(at, is_key=False)
        if character in "{[":
            container: dict[str, Any] | list[Any] = {} if character == "{" else []
            self._add(container)
            self._enter(container)
            return at + 1
        return self._scalar(text, at)

    def _scalar(self, text: str, at: int) -> int:
        found = _SCALAR.match(text, at)
        if not found or len(found[0]) > LONGEST_SCALAR:
            raise _Broken
        if found.end() == len(text):
            raise _More
        try:
            self._add(json.loads(found[0], parse_constant=_no_constant))
        except ValueError:
            raise _Broken from None
        self._step = self._separator
        return found.end()

    def _key(self, text: str, at: int) -> int:
        at = _after_space(text, at)
        if text[at] == "}":
            return self._leave(at)
        if text[at] != '"':
            raise _Broken
        return self._begin_string(at, is_key=True)

    def _colon(self, text: str, at: int) -> int:
        at = _after_space(text, at)
        if text[at] != ":":
            raise _Broken
        self._step = self._value
        return at + 1

    def _separator(self, text: str, at: int) -> int:
        at = _after_space(text, at)
        inside = self._open[-1]
        if text[at] == ",":
            self._step = self._key if isinstance(inside, dict) else self._value
            return at + 1
        if text[at] != ("}" if isinstance(inside, dict) else "]"):
            raise _Broken
        return self._leave(at)

    def _in_string(self, text: str, at: int) -> int:
        pieces = self._string if self._string is not None else []
        if found := _PLAIN.match(text, at):
            pieces.append(found[0])
            return found.end()
        if text[at] == "\\":
            character, end = _escape(text, at)
            pieces.append(character)
            return end
        self._string = None
        if self._is_key:
            self._keys[-1] = "".join(pieces)
            self._step = self._colon
        else:
            self._replace("".join(pieces))
            self._step = self._separator
        return at + 1

    def _begin_string(self, at: int, *, is_key: bool) -> int:
        self._string, self._is_key, self._step = [], is_key, self._in_string
        return at + 1

    def _enter(self, container: dict[str, Any] | list[Any]) -> None:
        if len(self._open) == MOST_DEPTH:
            raise _Broken
        self._open.append(container)
        self._keys.append("")
        self._step = self._key if isinstance(container, dict) else self._value

    def _leave(self, at: int) -> int:
        self._open.pop()
        self._keys.pop()
        self.is_complete = not self._open
        self._step = self._separator
        return at + 1

    def _add(self, value: object) -> None:
        self.size += 1
        inside = self._open[-1]
        if isinstance(inside, dict):
            inside[self._keys[-1]] = value
        else:
            inside.append(value)

    def _replace(self, text: str) -> None:
        """Put the string that is growing in the place that `_add` made for it."""
        inside = self._open[-1]
        if isinstance(inside, dict):
            inside[self._keys[-1]] = text
        else:
            inside[-1] = text


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    at = found.end() if found else at
    if at == len(text):
        raise _More
    return at


def _escape(text: str, at: int) -> tuple[str, int]:
    """The character that an escape means, and where it ends. Halves of a pair come together."""
    kind = text[at + 1 : at + 2]
    if not kind:
        raise _More
    if kind != "u":
        return _ESCAPES.get(kind, kind), at + 2
    code = _code(text, at)
    if not 0xD800 <= code < 0xE000:
        return chr(code), at + 6
    if code < 0xDC00 and "\\u".startswith(text[at + 6 : at + 8]):
        low = _code(text, at + 6)
        if 0xDC00 <= low < 0xE000:
            return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), at + 12
    return "\N{REPLACEMENT CHARACTER}", at + 6


def _code(text: str, at: int) -> int:
    digits = text[at + 2 : at + 6]
    if _HEX.fullmatch(digits):
        return int(digits, 16)
    if len(digits) < 4 and re.fullmatch(r"[0-9a-fA-F]*+", digits):
        raise _More
    raise _Broken


def _no_constant(_: str) -> None:
    raise _Broken
