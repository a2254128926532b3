"""Knows LangGraph's graphs among the steps of a run: their nodes, and what those give."""

from collections.abc import Mapping, Sequence
from typing import Any

_HIDDEN = "langsmith:hidden"
"""LangGraph's tag of steps that are its own: `langgraph.constants.TAG_HIDDEN`."""


def is_node(name: str, tags: Sequence[str], metadata: Mapping[str, Any] | None) -> bool:
    """Whether a step is a node of a graph: not the graph, and nothing that the node calls."""
    return metadata is not None and metadata.get("langgraph_node") == name and _HIDDEN not in tags


def updates_of(output: Any) -> Any:
    """Return what a node gives to its graph's state. A `Command` has it beside the node to go to."""
    from langgraph.types import Command  # loaded already: a graph is running

    if isinstance(output, Command):
        return output.update
    if isinstance(output, list | tuple):
        updates = [entry.update if isinstance(entry, Command) else entry for entry in output]
        return [item for update in updates for item in _listed(update)]
    return output


def _listed(update: Any) -> Sequence[Any]:
    """Return the values of one of several updates."""
    if isinstance(update, Mapping):
        return list(update.values())
    return update if isinstance(update, list | tuple) else [update]
