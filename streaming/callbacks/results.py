"""Makes events of what tools and retrievers return."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException

from streaming.callbacks.bounded import bounded
from streaming.callbacks.graphs import is_command, updates_of
from streaming.callbacks.unwritten import messages_in
from streaming.errors import TOOL_FAILED
from streaming.events import Documents, ToolEnd, ToolStart
from streaming.text import clean


def tool_start(call_id: str, name: str, given: Any) -> ToolStart:
    """Make the start of a call. An argument that JSON does not have is no model's: it was injected."""
    if isinstance(given, Mapping):
        given = {key: entry for key, entry in given.items() if _is_json(entry)}
    return ToolStart(call_id, name, bounded(jsonable(given)))


def tool_end(call_id: str, name: str, output: Any) -> ToolEnd:
    """Make the end of a call that returned. A message with status "error" means that the tool failed.

    A `Command` is for the graph: what the tool says to the model is a message in its update.
    """
    if is_command(output) or isinstance(output, list):
        output = _said(output, call_id)
    if isinstance(output, ToolMessage):
        if output.status == "error":
            return ToolEnd(call_id, name, error=clean(output.text))
        output = output.content
    return ToolEnd(call_id, name, output=bounded(jsonable(output)))


def tool_failure(call_id: str, name: str, error: BaseException) -> ToolEnd:
    """Make the end of a call that raised. Only the text of a `ToolException` is meant to be read."""
    kind = type(error).__name__
    text = str(error) if isinstance(error, ToolException) else TOOL_FAILED.format(kind=kind)
    return ToolEnd(call_id, name, error=clean(text))


def documents(found: Sequence[Document]) -> Documents:
    """Make the event of what a retriever found. A document without an id gets its place in the list."""
    return Documents(
        [
            {
                "id": clean(document.id or str(place)),
                "title": clean(str(document.metadata.get("title", ""))),
                "source": clean(str(document.metadata.get("source", ""))),
                "text": clean(document.page_content),
            }
            for place, document in enumerate(found, 1)
        ]
    )


def jsonable(value: Any) -> Any:
    """Return the value where JSON has such values, its text where not."""
    if is_scalar(value):
        return scalar(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return clean(str(value))


def _said(output: Any, call_id: str) -> Any:
    """Return what a tool says to the model: a list that holds messages and commands is not what it says."""
    messages = [message for message in messages_in(updates_of(output)) if isinstance(message, ToolMessage)]
    if messages:
        return next((message for message in messages if message.tool_call_id == call_id), messages[0])
    return None if is_command(output) or any(map(is_command, output)) else output


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_json(entry) for entry in value.values())
    return all(map(_is_json, value)) if isinstance(value, list | tuple) else is_scalar(value)


def is_scalar(value: object) -> bool:
    """Whether JSON has the value, or Python takes the value for one that JSON has."""
    return value is None or isinstance(value, str | int | float | bool)


def scalar(value: Any) -> Any:
    """Return a scalar that every store and parser takes: clean text, and null for NaN and the infinities."""
    if isinstance(value, str):
        return clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
