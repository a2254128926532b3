"""Makes RFC 6902 patches of structured output as it grows: from one value to the next.

A client that applies every patch has, after each, exactly one of the values that the runnable gave, and in
the end the last one. A patch cannot append to a string, it replaces it; sent for every token, a long
string would cost the square of its length. So the bytes of all patches are limited by what the model has
written (`_BYTES_PER_CHARACTER`): a short answer shows every value, a long string is updated less often.
"""

import dataclasses
import json
import time
from collections.abc import Mapping
from typing import Any

import jsonpatch
from langchain_core.runnables.utils import AddableDict
from pydantic import BaseModel

from streaming.callbacks.echo import Echo
from streaming.callbacks.results import is_scalar, scalar
from streaming.text import clean

Patch = list[dict[str, Any]]

_BYTES_PER_CHARACTER = 16
_BYTES_TO_BEGIN_WITH = 8192
_SECONDS_TO_BEGIN_WITH = 0.2
_SHARE_OF_TIME = 5
"""After those seconds, finding differences takes at most one part in so many of the time."""
_NOTHING = object()


class GrowingOutput:
    """Keeps one step's output: what the step gave so far, and what of that was sent."""

    def __init__(self) -> None:
        self._given: Any = _NOTHING
        self._sent: Any = _NOTHING
        self._spent = 0
        self._characters = 0
        self._echo = Echo()
        self._seconds = 0.0
        self._not_before = 0.0

    def wrote(self, text: str, *, call: str) -> None:
        """Note that the reader was sent a token of that call of a model. If the step only passes it on, it is
        no output."""
        self._characters += len(text)
        self._echo.wrote(text, call=call)

    def add(self, chunk: Any) -> Patch:
        """Take a chunk of the output. Returns the patch to send, empty if there is none for now.

        Chunks add up as LangChain adds them: text and `AddableDict` do, any other value replaces.
        """
        if isinstance(chunk, str) and self._given is _NOTHING and self._echo.passes_on(chunk):
            return []
        self._given = self._sum(chunk)
        if self._costs_too_much():
            return []
        return self.flush()

    def _costs_too_much(self) -> bool:
        """Whether another patch now would cost too many bytes, or too much time to find the difference."""
        if self._spent > _BYTES_TO_BEGIN_WITH + _BYTES_PER_CHARACTER * self._characters:
            return True
        return self._seconds > _SECONDS_TO_BEGIN_WITH and time.monotonic() < self._not_before

    def _sum(self, chunk: Any) -> Any:
        if isinstance(chunk, str):
            return (self._given if isinstance(self._given, str) else self._echo.given) + chunk
        if isinstance(chunk, AddableDict) and isinstance(self._given, AddableDict):
            return self._given + chunk
        return chunk

    def flush(self) -> Patch:
        """Return the patch up to the newest value, whatever it costs: for the end."""
        began = time.monotonic()
        value = _data(self._given)
        if value is _NOTHING:
            return []
        if self._sent is _NOTHING:
            patch: Patch = [{"op": "add", "path": "", "value": value}]
        else:
            patch = jsonpatch.make_patch(self._sent, value).patch
        self._sent = value
        self._spent += len(json.dumps(patch, ensure_ascii=False))
        took = time.monotonic() - began
        self._seconds += took
        self._not_before = began + _SHARE_OF_TIME * took
        return patch


def _data(value: Any) -> Any:
    """Return the value as JSON has it; `_NOTHING` for what is not data: messages, documents, objects.

    Entries of a dict that are not data are left out.
    """
    if isinstance(value, Mapping):
        entries = {
            clean(str(key)): data for key, entry in value.items() if (data := _data(entry)) is not _NOTHING
        }
        return entries if entries or not value else _NOTHING
    if isinstance(value, list | tuple):
        items = [_data(item) for item in value]
        return _NOTHING if any(item is _NOTHING for item in items) else items
    if isinstance(value, BaseModel):
        return _NOTHING if _is_langchains(value) else _data(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _data(dataclasses.asdict(value))
    return scalar(value) if is_scalar(value) else _NOTHING


def _is_langchains(value: object) -> bool:
    """Whether the value is a message, a document or a prompt: it has events of its own, or none."""
    return type(value).__module__.startswith("langchain")
