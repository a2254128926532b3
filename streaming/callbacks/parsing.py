"""Notes that a reply did not have the form that its parser asked for.

LangChain's parsers raise only where they are invoked. While they stream, any unfinished text may fail, and
so they pass over every failure, also over the last: of a reply that never fits there is no output, and the
chain ends as if all were well.
"""

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from langchain_core.messages import AIMessage

from streaming.callbacks import json_parsers
from streaming.callbacks.steps import Step

_CUT = ("length", "max_tokens", "max_output_tokens")
"""Finish reasons at the length limit: OpenAI's; Anthropic's and Google's; that of OpenAI's Responses."""


class Parsing:
    """Takes a run's model calls and the ends of its chains, in whatever threads they come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: list[Step] = []
        self._needs_no_call = False
        self._has_schema = False

    @property
    def failed(self) -> bool:
        """Whether a reply did not fit, and was not asked for again."""
        return bool(self._failed)

    def begin_call(self, step: Step, parameters: Mapping[str, Any]) -> None:
        """Note that a model is called. What failed before is done anew, unless that was in another branch."""
        with self._lock:
            self._failed = [failed for failed in self._failed if _in_branches(failed, step)]
        self._needs_no_call = bool(parameters.get("tools")) and not parameters.get("tool_choice")
        self._has_schema = bool(parameters.get("response_format"))

    def fail_call(self, step: Step, error: BaseException) -> None:
        """Note what a model raised. OpenAI's client raises a bare `ValueError` for what is no JSON."""
        if self._has_schema and type(error) is ValueError:
            self._fail(step)

    def tap(self, step: Step, chunks: Iterator[Any]) -> Iterator[Any]:
        """Return the values of a step. A JSON parser's are read here, and its failure is noted."""
        return json_parsers.read(chunks, lambda: self._fail(step))

    def atap(self, step: Step, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return json_parsers.aread(chunks, lambda: self._fail(step))

    def end(self, step: Step, output: Any, streamed: Any, *, finish_reason: str | None) -> None:
        """Note how a chain ended. `streamed` is the input of one that streamed, None if it was invoked."""
        if step.within is None and isinstance(output, Mapping):  # of `include_raw`, where that was invoked
            if isinstance(output.get("parsing_error"), Exception):
                self._fail(step)
        elif step.type == "parser" and streamed is not None:
            is_free = self._needs_no_call and _is_text(streamed)
            is_cut = (finish_reason or "").lower() in _CUT and not isinstance(output, str)
            if is_cut or (output is None and not is_free):
                self._fail(step)

    def _fail(self, step: Step) -> None:
        if step.for_tool is None:
            with self._lock:
                self._failed.append(step)


def _in_branches(one: Step, other: Step) -> bool:
    """Whether the steps work side by side, in two branches."""
    callers = {caller.id for caller in _callers(one)}
    shared = next((caller for caller in _callers(other) if caller.id in callers), None)
    return shared is not None and shared.name.startswith("RunnableParallel")


def _callers(step: Step) -> Iterator[Step]:
    """The step's caller, the caller's caller."""
    while step.within is not None:
        step = step.within
        yield step


def _is_text(reply: Any) -> bool:
    """Whether the model chose to call no tool."""
    return isinstance(reply, AIMessage) and not reply.tool_calls and not reply.invalid_tool_calls
