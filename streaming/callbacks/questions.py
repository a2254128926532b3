"""Collects what a run's graphs ask a person: LangGraph's `interrupt()` pauses a graph until it is resumed."""

from typing import Any

from streaming.callbacks.bounded import bounded
from streaming.callbacks.graphs import INTERRUPT, is_kind
from streaming.callbacks.results import jsonable
from streaming.text import clean

_GRAPH_INTERRUPT = ("langgraph.errors", "GraphInterrupt")


class Questions:
    """Collects what a run's graphs ask a person, by `interrupt()`. Each level of subgraphs tells it again."""

    def __init__(self) -> None:
        self._asked: dict[str, Any] = {}
        self._paused = False

    def hear(self, error: BaseException) -> bool:
        """Take what a step raised. False if it is no question: the step has failed."""
        if not is_kind(error, _GRAPH_INTERRUPT):
            return False
        for interrupts in error.args:
            for interrupt in interrupts or ():
                self._asked[str(interrupt.id)] = interrupt.value
        self._paused = True
        return True

    def see(self, chunk: Any) -> None:
        """Take a chunk that the runnable gave: a graph that pauses before or after a node says only this."""
        if isinstance(chunk, tuple) and chunk:  # of a stream with several modes, or with subgraphs
            chunk = chunk[-1]
        if isinstance(chunk, dict) and INTERRUPT in chunk:
            self._paused = True

    @property
    def asked(self) -> list[dict[str, Any]] | None:
        """The `id` and `value` of each question; None if the run does not wait for anybody."""
        if not self._paused:
            return None
        return [{"id": clean(key), "value": bounded(jsonable(value))} for key, value in self._asked.items()]
