"""LangChain's tokens for Django: any runnable as a synchronous generator of typed events."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streaming.async_event_stream import astream as astream
    from streaming.callbacks import QueueCallback as QueueCallback
    from streaming.event_stream import stream as stream
    from streaming.http import EventStreamResponse as EventStreamResponse

__all__ = ["EventStreamResponse", "QueueCallback", "astream", "stream"]

_HOMES = {
    "EventStreamResponse": "http",
    "QueueCallback": "callbacks",
    "astream": "async_event_stream",
    "stream": "event_stream",
}


def __getattr__(name: str) -> Any:
    """Import on first use: Django imports this package to find the app, long before LangChain is needed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
