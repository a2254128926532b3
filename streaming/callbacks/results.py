"""Makes events of what tools and retrievers return."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException

from streaming.events import Documents, ToolEnd
from streaming.text import clean


def tool_end(call_id: str, name: str, output: Any) -> ToolEnd:
    """Make the end of a call that returned. A message with status "error" means that the tool failed."""
    if isinstance(output, ToolMessage):
        if output.status == "error":
            return ToolEnd(call_id, name, error=clean(output.text))
        output = output.content
    return ToolEnd(call_id, name, output=jsonable(output))


def tool_failure(call_id: str, name: str, error: BaseException) -> ToolEnd:
    """Make the end of a call that raised. Only the text of a `ToolException` is meant to be read."""
    text = str(error) if isinstance(error, ToolException) else f"The tool failed ({type(error).__name__})."
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


def is_scalar(value: object) -> bool:
    """Whether JSON has the value, or Python takes the value for one that JSON has."""
    return value is None or isinstance(value, str | int | float | bool)


def scalar(value: Any) -> Any:
    """Return a scalar that every store and parser takes: clean text, and null for NaN and the infinities."""
    if isinstance(value, str):
        return clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
