"""Reads what a JSON parser of LangChain's is given while it streams, in its place: in one pass.

LangChain parses all of the text again with each piece, which costs the square of its length; it passes over
a value that is broken for good, and a fence within a string ends the value. LangChain lets a handler put
another iterator in the place of a step's own, and a generator that has not begun tells what it was made with.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers import JsonOutputKeyToolsParser, JsonOutputParser, PydanticOutputParser

from streaming.growing_json import GrowingJson


def read(chunks: Iterator[Any], fail: Callable[[], None]) -> Iterator[Any]:
    """Return the values of a step, which are read here if it is a JSON parser.

    `fail` is called if what the model wrote is broken, or does not fit the parser's schema.
    """
    parser, pieces = _made_with(getattr(chunks, "gi_frame", None))
    return _read(_Reading(parser), pieces, fail) if _is_known(parser) else chunks


def aread(chunks: AsyncIterator[Any], fail: Callable[[], None]) -> AsyncIterator[Any]:
    """The same in an event loop."""
    parser, pieces = _made_with(getattr(chunks, "ag_frame", None))
    return _aread(_Reading(parser), pieces, fail) if _is_known(parser) else chunks


def _made_with(frame: Any) -> tuple[Any, Any]:
    """Return `self` and `input` of LangChain's `_transform`, None and None of anything else."""
    given = frame.f_locals if frame is not None else {}
    return given.get("self"), given.get("input")


def _is_known(parser: Any) -> bool:
    """Whether it is a parser of LangChain's own. A class made of it may read in another way."""
    if type(parser) is JsonOutputKeyToolsParser:
        return parser.first_tool_only and not parser.return_id
    return type(parser) in (JsonOutputParser, PydanticOutputParser) and not parser.diff


def _read(reading: "_Reading", pieces: Iterator[Any], fail: Callable[[], None]) -> Iterator[Any]:
    for piece in pieces:
        yield from reading.take(piece)
    yield from reading.end()
    if reading.has_failed:
        fail()


async def _aread(
    reading: "_Reading", pieces: AsyncIterator[Any], fail: Callable[[], None]
) -> AsyncIterator[Any]:
    async for piece in pieces:
        for value in reading.take(piece):
            yield value
    for value in reading.end():
        yield value
    if reading.has_failed:
        fail()


class _Reading:
    """One text, from its first piece to its last."""

    def __init__(self, parser: JsonOutputParser | JsonOutputKeyToolsParser) -> None:
        self._parser = parser
        self._arguments: _Arguments | None = None
        if isinstance(parser, JsonOutputKeyToolsParser):
            self._arguments = _Arguments(parser.key_name)
        self._growing = GrowingJson()
        self._before: list[str] = []
        """What came before the value begins."""
        self._shown: Any = None
        self.has_failed = False

    def take(self, piece: str | BaseMessage) -> Iterator[Any]:
        """Read on. Gives the value so far, if it is another one than before, and fits."""
        text = self._written(piece)
        self._growing.feed(text)
        if self._growing.value is None:
            self._before.append(text)
        elif self._growing.is_due:
            yield from self._new(self._growing.copy())

    def end(self) -> Iterator[Any]:
        """Give the last value. A text that is a number or a string has no other."""
        if self._growing.value is not None:
            yield from self._new(self._growing.copy())
            self.has_failed |= self._growing.is_broken
            return
        text = "".join(self._before)
        if self._arguments is not None and self._arguments.called:
            text = text or "{}"
        with suppress(ValueError):
            yield from self._new(json.loads(text, strict=False))

    def _written(self, piece: str | BaseMessage) -> str:
        if isinstance(piece, str):
            return piece
        return piece.text if self._arguments is None else self._arguments.of(piece)

    def _new(self, value: Any) -> Iterator[Any]:
        try:
            fitting = self._fitting(value)
        except OutputParserException:
            self.has_failed = True
            return
        self.has_failed = False
        if fitting is not None and fitting != self._shown:
            self._shown = fitting
            yield fitting

    def _fitting(self, value: Any) -> Any:
        if isinstance(self._parser, PydanticOutputParser):
            return self._parser.parse(json.dumps(value))
        return value


class _Arguments:
    """Those of the first call of a tool in a message that comes in pieces."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self.called = False
        self._index: int | str | None = None

    def of(self, piece: BaseMessage) -> str:
        """Return what a piece has of them."""
        if isinstance(piece, AIMessageChunk):
            return "".join(call["args"] or "" for call in piece.tool_call_chunks if self._is_it(call))
        calls = piece.tool_calls if isinstance(piece, AIMessage) else ()
        return next((json.dumps(call["args"]) for call in calls if self._is_it(call)), "")

    def _is_it(self, call: Mapping[str, Any]) -> bool:
        index = call.get("index")
        if not self.called and call["name"] == self._tool:
            self.called, self._index = True, index
            return True
        return self.called and index is not None and index == self._index
