"""LangChain's tokens for Django: any runnable as a synchronous generator of typed events."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streaming.callbacks.handler import QueueCallback as QueueCallback
    from streaming.response.response import EventStreamResponse as EventStreamResponse
    from streaming.running.async_event_stream import astream as astream
    from streaming.running.event_stream import stream as stream

__all__ = ["EventStreamResponse", "QueueCallback", "astream", "stream"]

_HOMES = {
    "EventStreamResponse": "response.response",
    "QueueCallback": "callbacks.handler",
    "astream": "running.async_event_stream",
    "stream": "running.event_stream",
}


def __getattr__(name: str) -> Any:
    """Import on first use: Django imports this package to find the app, long before LangChain is needed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
