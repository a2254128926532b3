"""JSON that is read while a model writes it: each character is looked at once.

LangChain's parser begins anew with each piece, and drops one character after the other from the end of what
is broken: 19 KB of that took minutes. This one is lenient where models are: prose and fences stand around the
value, control characters in its strings. What is no JSON it gives up at once, and keeps what it has.
"""

import json
import re
from collections.abc import Callable
from typing import Any

MOST_DEPTH = 50
LONGEST_SCALAR = 400
"""Characters of a number. What is longer is none."""
_VALUES_A_CHARACTER = 16
"""A value of fewer values is due to be shown with each character, one of more less often."""

_OPENING = re.compile(r"\{|```\w{0,20}+|`{1,2}+\Z")
_PLAIN = re.compile(r'[^"\\]++')
_SPACE = re.compile(r"\s*+")
_SCALAR = re.compile(r"[-+.\w]++")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}

Container = dict[str, Any] | list[Any]
Step = Callable[[str, int], int]


class _Broken(Exception):
    """It is no JSON from here on."""


class _More(Exception):
    """What comes next cannot be told yet."""


class GrowingJson:
    """Takes text piece by piece. Its `value` is what it has read so far, None before that begins.

    That is the first object in the text, or a list with which the text or a fence begins.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self.is_broken = False
        self._root: Container | None = None
        self._size = 0
        """Values in it, of all kinds."""
        self._unshown = 0
        """Characters since the last copy."""
        self._open: list[Container] = []
        self._keys: list[str] = []
        """Of each open object, the key whose value comes next."""
        self._string: list[str] | None = None
        self._is_key = False
        self._step: Step = self._begin
        self._rest = ""

    @property
    def value(self) -> Any:
        """The same object each time, with all that has come."""
        if self._string is not None and not self._is_key:
            self._string = ["".join(self._string)]
            self._replace(self._string[0])
        return self._root

    @property
    def is_due(self) -> bool:
        """Whether so much has come since the last copy that another one costs no more than in proportion."""
        return self._root is not None and self._unshown * _VALUES_A_CHARACTER >= self._size

    def copy(self) -> Any:
        """Return the value so far, which stays as it is."""
        self._unshown = 0
        return _copied(self.value)

    def feed(self, text: str) -> None:
        """Read on."""
        if self.is_complete or self.is_broken:
            return
        self._unshown += len(text)
        text, at = self._rest + text, 0
        try:
            while not self.is_complete:
                if self._string is None:
                    at = _after_space(text, at)
                if at == len(text):
                    break
                at = self._step(text, at)
        except _More:
            pass
        except _Broken:
            self.is_broken, at = True, len(text)
        self._rest = text[at:]

    def _begin(self, text: str, at: int) -> int:
        """The text begins, or what is in a fence."""
        if text[at] != "[":
            self._step = self._prose
            return at
        self._step = self._bracket
        return at + 1

    def _bracket(self, text: str, at: int) -> int:
        """Words in brackets are prose."""
        if text[at] not in '[{"-0123456789]':
            self._step = self._prose
            return at
        self._root = []
        self._enter(self._root)
        return at

    def _prose(self, text: str, at: int) -> int:
        found = _OPENING.search(text, at)
        if not found:
            return len(text)
        if found[0] == "{":
            self._step = self._brace
            return found.end()
        if found.end() < len(text):
            self._step = self._begin
            return found.end()
        if found.start() > at:
            return found.start()
        raise _More

    def _brace(self, text: str, at: int) -> int:
        if text[at] not in '"}':
            self._step = self._prose
            return at
        self._root = {}
        self._enter(self._root)
        return at

    def _value(self, text: str, at: int) -> int:
        character = text[at]
        if character == "]" and isinstance(self._open[-1], list):
            return self._leave(at)
        if character == '"':
            self._add("")
            return self._begin_string(at, is_key=False)
        if character in "{[":
            container: Container = {} if character == "{" else []
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
            self._add(json.loads(found[0], parse_constant=_null))
        except ValueError:
            raise _Broken from None
        self._step = self._separator
        return found.end()

    def _key(self, text: str, at: int) -> int:
        if text[at] == "}":
            return self._leave(at)
        if text[at] != '"':
            raise _Broken
        return self._begin_string(at, is_key=True)

    def _colon(self, text: str, at: int) -> int:
        if text[at] != ":":
            raise _Broken
        self._step = self._value
        return at + 1

    def _separator(self, text: str, at: int) -> int:
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

    def _enter(self, container: Container) -> None:
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
        self._size += 1
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
    return found.end() if found else at


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


def _null(_: str) -> None:
    """Stand for NaN and the infinities, which JSON does not have."""


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(entry) for key, entry in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
