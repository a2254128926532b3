"""Names and filters the steps of a run: the models, tools, retrievers and chains that events come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from streaming.events import Writer


@dataclass(frozen=True, slots=True)
class Step:
    """Stands for one runnable at work within a run, under the names that LangChain gives it."""

    id: UUID
    name: str
    type: str
    """`chat_model`, `llm`, `tool`, `retriever`, `chain`, `parser`, `prompt`."""
    tags: Sequence[str]
    within: "Step | None" = None
    """The step that called it."""
    node: bool = False
    """Whether it is a node of a graph of LangGraph's."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    for_tool: "Step | None" = field(init=False)
    """The innermost tool that it works for, unless that is the run itself. What it writes is no reply."""

    def __post_init__(self) -> None:
        tool = self.within
        if tool is not None and tool.type != "tool":
            tool = tool.for_tool
        object.__setattr__(self, "for_tool", tool if tool is not None and tool.within is not None else None)

    @property
    def in_tool(self) -> bool:
        """Whether a tool called it, directly or not."""
        caller = self.within
        return caller is not None and (caller.type == "tool" or caller.in_tool)

    @property
    def writer(self) -> Writer:
        """Whoever writes in this step."""
        *path, _ = [part.split(":")[0] for part in self._place.split("|")]
        return Writer(
            step=str(self.id),
            name=self.name,
            model=self.metadata.get("ls_model_name"),
            node=self.metadata.get("langgraph_node"),
            path=tuple(path),
        )

    @property
    def _place(self) -> str:
        """LangGraph's name of where it works: each node of the path, with an id."""
        return str(self.metadata.get("langgraph_checkpoint_ns") or "")


def name_of(name: str | None, serialized: Mapping[str, Any] | None) -> str:
    """Return the step's name, found as `astream_events` finds it."""
    if name is not None:
        return name
    if serialized and "name" in serialized:
        return str(serialized["name"])
    if serialized and "id" in serialized:
        return str(serialized["id"][-1])
    return "Unnamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFilter:
    """Chooses the steps whose events are wanted.

    The fields but the last mean what the same arguments of LangChain's `astream_events` mean: a step is in
    if an include names it, or there is no include, and no exclude does.
    """

    include_names: Sequence[str] | None = None
    include_types: Sequence[str] | None = None
    include_tags: Sequence[str] | None = None
    exclude_names: Sequence[str] | None = None
    exclude_types: Sequence[str] | None = None
    exclude_tags: Sequence[str] | None = None
    include_state: Sequence[str] | None = None
    """Keys of a graph's state that are output. The others are private."""

    def accepts_all(self, kind: str) -> bool:
        """Whether every step of that type is in, whatever its name and tags."""
        all_in = self.include_names is self.include_types is self.include_tags is None
        excluded = self.exclude_names or self.exclude_tags or kind in (self.exclude_types or ())
        return (all_in or kind in (self.include_types or ())) and not excluded

    def accepts(self, step: Step) -> bool:
        includes = (self.include_names, self.include_types, self.include_tags)
        included = all(include is None for include in includes) or _matches(step, *includes)
        return included and not _matches(step, self.exclude_names, self.exclude_types, self.exclude_tags)


def _matches(
    step: Step, names: Sequence[str] | None, types: Sequence[str] | None, tags: Sequence[str] | None
) -> bool:
    return (
        step.name in (names or ())
        or step.type in (types or ())
        or any(tag in (tags or ()) for tag in step.tags)
    )
