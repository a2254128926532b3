"""Job: what a durable run does."""

from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from streaming.callbacks.steps import StepFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A runnable and its input; what `Start` says of them; and `prefix`, text that the reply begins with."""

    runnable: Runnable[Any, Any]
    input: Any
    config: RunnableConfig | None = None
    wanted: StepFilter | None = None
    conversation: str | None = None
    message: str | None = None
    model: str | None = None
    prefix: str = ""

    @property
    def shows_tools(self) -> bool:
        """Whether each call of a tool is in the run's log."""
        return self.wanted is None or self.wanted.accepts_all("tool")
