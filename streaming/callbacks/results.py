"""What tools and retrievers return, as events carry it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException

from streaming.events import Documents, ToolEnd
from streaming.text import clean


def tool_end(call_id: str, name: str, output: Any) -> ToolEnd:
    """The end of a call that returned. A message with status "error" is a tool that failed and said so."""
    if isinstance(output, ToolMessage):
        if output.status == "error":
            return ToolEnd(call_id, name, error=clean(output.text))
        output = output.content
    return ToolEnd(call_id, name, output=jsonable(output))


def tool_failure(call_id: str, name: str, error: BaseException) -> ToolEnd:
    """The end of a call that raised. Only a `ToolException` was written to be read."""
    told = str(error) if isinstance(error, ToolException) else f"The tool failed ({type(error).__name__})."
    return ToolEnd(call_id, name, error=clean(told))


def documents(found: Sequence[Document]) -> Documents:
    """What a retriever found. A document without an id has its place in the list, from 1."""
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
    """The value where JSON has it, its text where not."""
    if is_scalar(value):
        return scalar(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return clean(str(value))


def is_scalar(value: object) -> bool:
    """Whether JSON has it, or Python takes it for something that JSON has."""
    return value is None or isinstance(value, str | int | float | bool)


def scalar(value: Any) -> Any:
    """A scalar that every store and parser takes: clean text, and null for NaN and the infinities."""
    if isinstance(value, str):
        return clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
