"""What a reply is besides its text, collected from its run's events: shown again after a reload."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

import jsonpatch

from streaming.events import Documents, Event, Output, Reasoning, Token, ToolEnd, ToolStart


@dataclass
class Transcript:
    """The parts of a reply. `steps` are tool calls: `id`, `name`, `input`, then `output` or `error`."""

    text: str = ""
    reasoning: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    output: Any = None
    has_output: bool = False
    """Whether there was any: null is one, too."""

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """The parts that the events add up to."""
        transcript = cls()
        text: list[str] = []
        reasoning: list[str] = []
        for event in events:
            if isinstance(event, Token):
                text.append(event.text)
            elif isinstance(event, Reasoning):
                reasoning.append(event.text)
            else:
                transcript._take(event)
        transcript.text, transcript.reasoning = "".join(text), "".join(reasoning)
        return transcript

    @property
    def details(self) -> dict[str, Any]:
        """All but the text, without what is empty: to be stored beside it."""
        parts = {name: getattr(self, name) for name in ("reasoning", "steps", "documents")}
        given = {name: part for name, part in parts.items() if part}
        return given | ({"output": self.output} if self.has_output else {})

    def _take(self, event: Event) -> None:
        if isinstance(event, ToolStart):
            self.steps.append(event.data())
        elif isinstance(event, ToolEnd):
            for step in self.steps:
                if step["id"] == event.call_id:
                    step.update(event.data())
        elif isinstance(event, Documents):
            self.documents += [dict(document) for document in event.documents]
        elif isinstance(event, Output):
            self.has_output = True
            # In place, on a copy of the patch: else the whole document is copied for each one.
            self.output = jsonpatch.apply_patch(self.output, deepcopy(list(event.patch)), in_place=True)
