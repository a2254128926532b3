"""Knows LangGraph's graphs among the steps of a run: their nodes, and what those give.

A graph's state is its own business: it holds profiles, notes and keys as well as messages. Of what a run
gives, its state is left out, but for the keys that are asked for.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.runnables.utils import AddableDict
from pydantic import BaseModel

from streaming.callbacks.steps import Step

if TYPE_CHECKING:
    from uuid import UUID

_HIDDEN = "langsmith:hidden"
"""LangGraph's tag of steps that are its own: `langgraph.constants.TAG_HIDDEN`."""
_ANSWER = "structured_response"
"""Where LangChain's agents put the answer that has the form of their `response_format`: always shown."""
_COMMAND = ("langgraph.types", "Command")
INTERRUPT = "__interrupt__"
"""Where a graph's stream has its questions."""
_STATES = 16
"""So many states are remembered of graphs that functions have called."""
NOTHING = object()
"""Nothing to show."""


class GraphStates:
    """Leaves the states of graphs out of what a run gives.

    The output of a sequence is that of its last step, and so on: LangChain's tags say which step that is.
    What a function returns is its own, unless it is just what a graph gave it.
    """

    def __init__(self, include: Sequence[str] = ()) -> None:
        self._include = {_ANSWER, *include}
        self._graphs: set[UUID] = set()
        self._makers: dict[UUID, tuple[int, Step]] = {}
        """By which of its steps a step's output is made, and that one's place in it."""
        self._parts: dict[UUID, dict[str, Step]] = {}
        """By which of its steps each entry of a step's output is made."""
        self._states: deque[Mapping[str, Any]] = deque(maxlen=_STATES)
        self._updates: deque[tuple[Step, Mapping[str, Any]]] = deque(maxlen=_STATES)
        """What nodes gave to their graph's state."""

    def begin(self, step: Step) -> None:
        """Take note of a step that begins."""
        if (within := step.within) is None:
            return
        if step.node:
            self._graphs.add(within.id)
        place = _place_in(step, within)
        if place is not None and place >= self._makers.get(within.id, (0,))[0]:
            self._makers[within.id] = place, step
        for tag in step.tags:
            if tag.startswith("map:key:"):
                self._parts.setdefault(within.id, {})[tag.removeprefix("map:key:")] = step

    def end(self, step: Step, output: Any) -> None:
        """Take note of what a step gave, if it is a graph or a node."""
        if step.id in self._graphs and (state := _as_mapping(output)) is not None:
            self._states.append(state)
        if step.node and (update := _as_mapping(updates_of(output))) is not None:
            self._updates.append((step, update))

    def graph_behind(self, step: Step) -> Step | None:
        """Return the graph whose state is the step's output, if there is one."""
        maker = self._maker(step)
        return maker if maker.id in self._graphs else None

    def shown(self, state: Any) -> Any:
        """Return what of a graph's state is to be shown; `NOTHING` if nothing is."""
        entries = _as_mapping(state)
        if entries is None:
            return state
        return {key: entry for key, entry in entries.items() if key in self._include} or NOTHING

    def without_states(self, step: Step, output: Any) -> Any:
        """Return a step's output, or a chunk of it, without what is a graph's state."""
        if step.node or self.graph_behind(step):
            return self.shown(output) if step.node else NOTHING
        if not isinstance(output, Mapping):
            return output
        if any(_is_same(output, state) for state in self._states):
            return self.shown(output)
        if graph := self._graph_that_gave(output):
            self._makers[step.id] = 0, graph
            return NOTHING
        parts = self._parts.get(self._maker(step).id, {})
        private = [key for key in output if key in parts and self.graph_behind(parts[key])]
        if not private:
            return output
        left = {key: entry for key, entry in output.items() if key not in private}
        return AddableDict(left) if left else NOTHING

    def _graph_that_gave(self, output: Mapping[str, Any]) -> Step | None:
        """Return the graph whose nodes' updates the output is, as a graph's stream has them: by node."""
        nodes = [
            node
            for name, given in output.items()
            for node, update in self._updates
            if node.name == name and isinstance(given, Mapping) and _is_of(given, update)
        ]
        return nodes[0].within if nodes and {node.name for node in nodes} == output.keys() else None

    def _maker(self, step: Step) -> Step:
        while step.id not in self._graphs and step.id in self._makers:
            _, step = self._makers[step.id]
        return step


def is_node(name: str, tags: Sequence[str], metadata: Mapping[str, Any] | None) -> bool:
    """Whether a step is a node of a graph: not the graph, and nothing that the node calls."""
    return metadata is not None and metadata.get("langgraph_node") == name and _HIDDEN not in tags


def is_command(value: object) -> bool:
    """Whether a value is a `Command`, without loading LangGraph where nobody uses it."""
    return is_kind(value, _COMMAND)


def is_kind(value: object, kind: tuple[str, str]) -> bool:
    """Whether a value is of that class, given by module and name: LangGraph is not loaded to ask."""
    return any((cls.__module__, cls.__name__) == kind for cls in type(value).__mro__)


def updates_of(output: Any) -> Any:
    """Return what a node or a tool gives to its graph's state. A `Command` has it beside where to go to."""
    if is_command(output):
        return output.update
    if isinstance(output, list | tuple):
        updates = [entry.update if is_command(entry) else entry for entry in output]
        return [item for update in updates for item in _listed(update)]
    return output


def _listed(update: Any) -> Sequence[Any]:
    """Return the values of one of several updates."""
    if isinstance(update, Mapping):
        return list(update.values())
    return update if isinstance(update, list | tuple) else [update]


def _place_in(step: Step, within: Step) -> int | None:
    """Return the step's place among those that the output passes through; None if it is not one of them."""
    for tag in step.tags:
        if tag.startswith("seq:step:"):
            return int(tag.removeprefix("seq:step:"))
        if tag.startswith(("branch:", "retry:attempt:")):
            return 0
    return 0 if within.name == "RunnableWithFallbacks" else None


def _as_mapping(state: Any) -> Mapping[str, Any] | None:
    if isinstance(state, Mapping):
        return state
    if isinstance(state, BaseModel):
        return {name: getattr(state, name) for name in type(state).model_fields}
    if is_dataclass(state) and not isinstance(state, type):
        return {field.name: getattr(state, field.name) for field in fields(state)}
    return None


def _is_same(output: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Whether both have the same entries. By identity: comparing could be dear, or raise."""
    return output.keys() - {INTERRUPT} == state.keys() and all(
        entry is output[key] for key, entry in state.items()
    )


def _is_of(given: Mapping[str, Any], update: Mapping[str, Any]) -> bool:
    return all(key in update and update[key] is entry for key, entry in given.items())
