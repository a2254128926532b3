"""What tools and retrievers return, as events carry it."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException

from streaming.events import Documents, ToolEnd


def tool_end(call_id: str, name: str, output: Any) -> ToolEnd:
    """The end of a call that returned. A message with status "error" is a tool that failed and said so."""
    if isinstance(output, ToolMessage):
        if output.status == "error":
            return ToolEnd(call_id, name, error=output.text)
        output = output.content
    return ToolEnd(call_id, name, output=jsonable(output))


def tool_failure(call_id: str, name: str, error: BaseException) -> ToolEnd:
    """The end of a call that raised. Only a `ToolException` was written to be read."""
    told = str(error) if isinstance(error, ToolException) else f"The tool failed ({type(error).__name__})."
    return ToolEnd(call_id, name, error=told)


def documents(found: Sequence[Document]) -> Documents:
    """What a retriever found. A document without an id has its place in the list, from 1."""
    return Documents(
        [
            {
                "id": document.id or str(place),
                "title": str(document.metadata.get("title", "")),
                "source": str(document.metadata.get("source", "")),
                "text": document.page_content,
            }
            for place, document in enumerate(found, 1)
        ]
    )


def jsonable(value: Any) -> Any:
    """The value itself where JSON has it, its text where not."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return str(value)
