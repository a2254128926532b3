"""The text and the other parts of a reply, collected from its run's events: a reload shows them again."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

import jsonpatch

from streaming.events import Documents, End, Event, Output, Reasoning, Token, ToolEnd, ToolStart, ToolText


@dataclass
class Transcript:
    """Holds the parts of a reply. `steps` are tool calls: `id`, `name`, `input`, then `output` or `error`.

    A step has also the `text` that a model wrote for the tool, if any did.
    """

    text: str = ""
    reasoning: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    output: Any = None
    _said: dict[str, list[str]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What the reply asks the person: for each question its `id` and `value`."""
    has_output: bool = False
    """Whether there is an output: it may be null."""

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """Collect the parts from the events."""
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
        for step in transcript.steps:
            if said := transcript._said.get(step["id"]):
                step["text"] = "".join(said)
        transcript.text, transcript.reasoning = "".join(text), "".join(reasoning)
        return transcript

    @property
    def details(self) -> dict[str, Any]:
        """All parts but the text, without empty ones: they are stored beside it."""
        parts = {name: getattr(self, name) for name in ("reasoning", "steps", "documents", "asked")}
        given = {name: part for name, part in parts.items() if part}
        return given | ({"output": self.output} if self.has_output else {})

    def _take(self, event: Event) -> None:
        if isinstance(event, ToolStart | ToolText | ToolEnd):
            self._take_step(event)
        elif isinstance(event, Documents):
            self.documents += [dict(document) for document in event.documents]
        elif isinstance(event, End):
            self.asked = [dict(question) for question in event.asked or ()]
        elif isinstance(event, Output):
            self.has_output = True
            # In place, on a copy of the patch: else the whole document is copied for each one.
            self.output = jsonpatch.apply_patch(self.output, deepcopy(list(event.patch)), in_place=True)

    def _take_step(self, event: ToolStart | ToolText | ToolEnd) -> None:
        if isinstance(event, ToolStart):
            self.steps.append(event.data())
        elif isinstance(event, ToolText):
            self._said.setdefault(event.call_id, []).append(event.text)
        else:
            for step in self.steps:
                if step["id"] == event.call_id:
                    step.update(event.data())
