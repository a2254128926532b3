"""For the tests of a site: a model that says what it is told, and durable runs that end with their test."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streaming.durable.reset import reset as reset
    from streaming.testing.hold import Hold as Hold
    from streaming.testing.isolation import isolated_runs as isolated_runs
    from streaming.testing.scripted_model import Reply as Reply
    from streaming.testing.scripted_model import ScriptedModel as ScriptedModel
    from streaming.testing.scripted_model import ToolCall as ToolCall

__all__ = ["Hold", "Reply", "ScriptedModel", "ToolCall", "isolated_runs", "reset"]

_HOMES = {
    "Hold": "testing.hold",
    "Reply": "testing.scripted_model",
    "ScriptedModel": "testing.scripted_model",
    "ToolCall": "testing.scripted_model",
    "isolated_runs": "testing.isolation",
    "reset": "durable.reset",
}


def __getattr__(name: str) -> Any:
    """Import on first use: durable runs have models, which can be imported once Django is set up."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"streaming.{_HOMES[name]}"), name)
