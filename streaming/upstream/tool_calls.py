"""Calls of tools, put together from the pieces that a stream has of them.

By the protocol a piece belongs to the call with its `index`, and only the first has id and name. Servers
leave the index out, give two calls the same one, repeat id and name in every piece, or send no id at all.
So pieces are told apart by id and name first, and by their index only where those are missing.
"""

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk

SHARE = 16
"""Arguments are handed on when one part in so many is new: what reads them begins anew with each piece."""
NAMELESS = "unnamed_tool"
"""What a call without a name is called: the model is told that there is no such tool."""


_ENDS = frozenset('}]"l')
"""What arguments end with that are whole: an object, one that was encoded again, none at all."""


class UnreadableCall(ValueError):
    """A call whose arguments are no object, of a tool that would run without them."""


@dataclass
class Call:
    """One call, as far as it has come."""

    place: int
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    extra: Any = None
    """`extra_content`: Gemini's thought signature, which has to be sent back."""
    passed_on: int | None = None
    """How many of its pieces were handed on as they came. None if its head was not, either."""
    begins_with: str = ""
    """The first character of its arguments that is no space."""
    length: int = 0
    waiting: int = 0
    """Characters of its arguments that were not handed on."""

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    @property
    def is_complete(self) -> bool:
        """Whether its arguments can have no more pieces."""
        end = self.pieces[-1].rstrip()[-1:] if self.pieces else None
        return (end == "" or end in _ENDS) and arguments_object(self.arguments) is not None

    def add(self, arguments: str) -> None:
        """Take a piece of its arguments."""
        self.pieces.append(arguments)
        self.begins_with = self.begins_with or arguments.lstrip()[:1]
        self.length += len(arguments)
        self.waiting += len(arguments)


class ToolCalls:
    """The calls of one reply."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._by_id: dict[str, Call] = {}
        self._by_index: dict[int, Call] = {}
        self._displaced: dict[int, Call] = {}
        """What an index stood for before another call began under the same one."""

    def take(self, fragments: object) -> None:
        """Add a chunk's pieces to their calls."""
        if isinstance(fragments, str):
            fragments = _decoded(fragments)
        if isinstance(fragments, dict) and all(isinstance(part, dict) for part in fragments.values()):
            fragments = list(fragments.values())  # by their index
        for fragment in fragments if isinstance(fragments, list) else [fragments]:
            if isinstance(fragment, dict):
                self._take(fragment)

    def news(self) -> list[ToolCallChunk]:
        """What has come of calls whose arguments begin as an object does, once it is a share of them."""
        grown = (call for call in self.calls if call.waiting and call.waiting * SHARE >= call.length)
        return [_piece(call) for call in grown if call.begins_with == "{"]

    def finished(self, *, optional: Container[str] = ()) -> list[ToolCallChunk]:
        """What has not been handed on, whole. Raises `UnreadableCall`."""
        return [
            _whole(call, optional) if call.passed_on is None else _piece(call)
            for call in self.calls
            if call.passed_on is None or len(call.pieces) > call.passed_on
        ]

    def _take(self, fragment: Mapping[str, Any]) -> None:
        said = fragment.get("function")
        function = said if isinstance(said, dict) else fragment  # without the envelope
        id_, name = _text(fragment.get("id")), _text(function.get("name"))
        arguments = arguments_text(function.get("arguments"))
        call = self._call_of(_index(fragment.get("index")), id_, name, arguments)
        if call is None:
            return
        if id_:
            call.id = call.id or id_
            self._by_id[id_] = call
        call.name = _joined(call.name, name)
        call.extra = fragment.get("extra_content") or call.extra
        said_again = (id_ or name) and arguments_object(arguments) is not None and call.is_complete
        if arguments and not said_again:
            call.add(arguments)

    def _call_of(self, index: int | None, id_: str, name: str, arguments: str) -> Call | None:
        """The call that a piece belongs to: a new one where it begins one, None where it says nothing."""
        if id_ in self._by_id:
            return self._by_id[id_]
        newest = self.calls[-1] if self.calls else None
        current = newest if index is None else self._by_index.get(index)
        if id_ or name:
            goes_on = current is not None and _goes_on(current, index, id_, name, arguments)
            return current if goes_on else self._begin(index)
        if current is not None or not arguments:
            return current
        if newest is None or newest.is_complete:
            return self._begin(index)
        self._move(newest, index)
        return newest

    def _begin(self, index: int | None) -> Call:
        call = Call(len(self.calls))
        self.calls.append(call)
        if index is not None:
            if index in self._by_index:
                self._displaced[index] = self._by_index[index]
            self._by_index[index] = call
        return call

    def _move(self, call: Call, index: int | None) -> None:
        """The call has that index, after all: the one that it began under is an earlier call's again."""
        for number, owner in tuple(self._by_index.items()):
            if owner is call and number in self._displaced:
                self._by_index[number] = self._displaced.pop(number)
        if index is not None:
            self._by_index[index] = call


def _piece(call: Call) -> ToolCallChunk:
    """What is new of a call that is handed on as it comes."""
    is_head = call.passed_on is None
    new = "".join(call.pieces[call.passed_on or 0 :])
    call.passed_on, call.waiting = len(call.pieces), 0
    return tool_call_chunk(
        name=call.name if is_head else None, args=new, id=_id(call) if is_head else None, index=call.place
    )


def _whole(call: Call, optional: Container[str]) -> ToolCallChunk:
    """The whole call, with arguments that are an object for certain. Raises `UnreadableCall`."""
    text = readable(call.arguments, name=call.name, optional=optional)
    return tool_call_chunk(name=call.name or NAMELESS, args=text, id=_id(call), index=call.place)


def readable(text: str, *, name: str, optional: Container[str]) -> str:
    """A call's arguments as the JSON text of an object.

    What cannot be read as one becomes an empty one: the tool refuses it for what it lacks, and the model is
    told. Raises `UnreadableCall` for a tool whose parameters are all `optional`: that one would run.
    """
    arguments = arguments_object(text)
    if arguments is None:
        if name in optional:
            raise UnreadableCall
        arguments = {}
    return text if _is_plain(text) else json.dumps(arguments, ensure_ascii=False)


def _id(call: Call) -> str:
    call.id = call.id or f"call_{uuid4().hex}"
    return call.id


def optional_tools(tools: Iterable[Any] | None) -> frozenset[str]:
    """The names of those tools of a request that have parameters, and need none of them."""
    functions = (tool.get("function", tool) for tool in tools or () if isinstance(tool, dict))
    return frozenset(
        str(function.get("name"))
        for function in functions
        if isinstance(function, dict) and _needs_nothing(function.get("parameters"))
    )


def _needs_nothing(parameters: object) -> bool:
    if not isinstance(parameters, dict):
        return False
    return bool(parameters.get("properties")) and not parameters.get("required")


def arguments_object(text: str) -> dict[str, Any] | None:
    """The arguments, also where they were encoded twice; empty for none. None if they are no object."""
    value: Any = text
    for _ in range(3):
        if not isinstance(value, str):
            break
        if not value.strip():
            return {}
        try:
            value = json.loads(value, strict=False)
        except ValueError:
            return None
    if value is None or value == []:  # how PHP writes an empty object
        return {}
    return value if isinstance(value, dict) else None


def _goes_on(call: Call, index: int | None, id_: str, name: str, arguments: str) -> bool:
    """Whether a piece with an id or a name is more of the call that its index stands for."""
    if not name or not call.name:  # the other half of its head
        return True
    if id_ and call.id:  # two calls, unless the server makes up an id for every piece
        return name == call.name and bool(call.pieces) and not call.is_complete
    if name == call.name:  # repeated, or called twice without ids
        return not (call.is_complete and arguments.strip())
    is_more_of_it = not arguments or name.startswith(call.name)  # a name in pieces, or growing
    return index is not None and not call.pieces and is_more_of_it


def _joined(known: str, said: str) -> str:
    """A call's name: repeated, growing, or in pieces."""
    if not said or known == said:
        return known or said
    return said if said.startswith(known) else known + said


def _decoded(text: str) -> object:
    """The pieces, of a server that encodes them by themselves."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return None


def _is_plain(text: str) -> bool:
    """Whether it is the JSON text of an object, to be handed on as it is."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def arguments_text(value: object) -> str:
    """A piece of arguments as text: some servers send an object."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _index(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
