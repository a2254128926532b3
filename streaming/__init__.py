"""LangChain's tokens for Django: any runnable as a synchronous generator of typed events."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streaming.callbacks.handler import QueueCallback as QueueCallback
    from streaming.callbacks.steps import StepFilter as StepFilter
    from streaming.errors import RunFailed as RunFailed
    from streaming.response.response import EventStreamResponse as EventStreamResponse
    from streaming.response.sse import Frame as Frame
    from streaming.running.async_event_stream import astream as astream
    from streaming.running.event_stream import stream as stream
    from streaming.signals import run_ended as run_ended
    from streaming.signals import run_started as run_started

__all__ = [
    "EventStreamResponse",
    "Frame",
    "QueueCallback",
    "RunFailed",
    "StepFilter",
    "astream",
    "run_ended",
    "run_started",
    "stream",
]

_HOMES = {
    "EventStreamResponse": "response.response",
    "Frame": "response.sse",
    "QueueCallback": "callbacks.handler",
    "RunFailed": "errors",
    "StepFilter": "callbacks.steps",
    "astream": "running.async_event_stream",
    "run_ended": "signals",
    "run_started": "signals",
    "stream": "running.event_stream",
}


def __getattr__(name: str) -> Any:
    """Import on first use: Django imports this package to find the app, long before LangChain is needed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
