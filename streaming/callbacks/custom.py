"""Takes what graphs and tools say by themselves: LangGraph's stream writer, LangChain's custom events.

LangGraph hands out a writer that does nothing unless its stream was asked for mode "custom", and the modes
are the person's own choice. A graph that finds a stream around it, though, goes on with that one's writer: so
a run's config has one, in the place where a graph leaves it for its subgraphs.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from types import CellType, FunctionType, MethodType
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from streaming.callbacks.bounded import bounded
from streaming.callbacks.graphs import is_kind
from streaming.callbacks.results import jsonable
from streaming.events import Custom, Event
from streaming.text import clean

_PREGEL = ("langgraph.pregel.main", "Pregel")
_EMPTY = CellType()
_DEPTH = 8
"""So deep is a graph looked for in a runnable."""


def custom_event(name: str, data: Any) -> Custom:
    """Make the event of something said, cut if it is too large."""
    return Custom(clean(name), bounded(jsonable(data)))


def config_of_writer(runnable: Any, put: Callable[[Event], None]) -> RunnableConfig:
    """Return the config that makes a runnable's graphs write to `put`; empty if there is none.

    A model that takes any field of the config for its own must not find more there than it has to.
    """
    if "langgraph.pregel" not in sys.modules or not _has_graph(runnable, _DEPTH):
        return {}
    from langgraph._internal._constants import CONFIG_KEY_RUNTIME, CONFIG_KEY_STREAM
    from langgraph.pregel.protocol import StreamProtocol
    from langgraph.runtime import Runtime

    writer: Runtime[Any] = Runtime(stream_writer=lambda data: put(custom_event(_writing_node(), data)))
    around = StreamProtocol(lambda chunk: None, set())
    return {"configurable": {CONFIG_KEY_STREAM: around, CONFIG_KEY_RUNTIME: writer}}


def custom_in(chunk: Any, *, alone: bool) -> list[Custom]:
    """Return what a chunk of a graph's stream says, where the person chose its modes, "custom" among them.

    `alone`: it is the only one, and so its chunks do not say their mode.
    """
    if alone:
        return [custom_event("", chunk)]
    says = isinstance(chunk, tuple) and len(chunk) > 1 and chunk[-2] == "custom"
    return [custom_event("", chunk[-1])] if says else []


def is_custom_alone(runnable: Any) -> bool:
    """Whether the runnable is a graph that was told to stream in mode "custom", and in no other."""
    chosen = getattr(runnable, "kwargs", {}).get("stream_mode")
    return (chosen or getattr(runnable, "stream_mode", None)) == "custom"


def _has_graph(value: Any, depth: int) -> bool:
    """Whether a graph is among the parts of a runnable, or among what its functions refer to."""
    if is_kind(value, _PREGEL):
        return True
    return depth > 0 and any(_has_graph(part, depth - 1) for part in _parts_of(value))


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if cell != _EMPTY]
        return [*cells, *(value.__globals__.get(name) for name in value.__code__.co_names)]
    if isinstance(value, MethodType):
        return [value.__self__]
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, list | tuple):
        return value
    return vars(value).values() if isinstance(value, Runnable) else ()


def _writing_node() -> str:
    from langgraph.config import get_config

    return str(get_config().get("metadata", {}).get("langgraph_node", ""))
