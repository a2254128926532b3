"""Keeps the ledger of a run's model calls: what they wrote and used, and how they ended."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks

from streaming.callbacks.model_calls import MOST_TOKENS, ModelCall, as_chunk, sent_back_with
from streaming.callbacks.models_at_work import ModelsAtWork
from streaming.callbacks.steps import Step
from streaming.cancellation import Cancelled
from streaming.errors import causes
from streaming.events import Usage


class Ledger:
    """Takes entries from the callback, in whatever threads the models run. The run's worker reads them."""

    def __init__(self) -> None:
        self.at_work = ModelsAtWork()
        self._calls: dict[UUID, ModelCall] = {}
        self._last: ModelCall | None = None
        self._unwritten: list[AIMessageChunk] = []
        """The reply, if what came last is a message that no model wrote."""
        self._failures: list[BaseException] = []

    # What the callback enters

    def begin(self, step: Step, prompts: Sequence[str], *, wanted: bool) -> None:
        """Enter a call of a model. `wanted`: whether its tokens are to be shown."""
        self._calls[step.id] = ModelCall(step, prompts, wanted=wanted)
        self.at_work.begin()

    def call(self, step_id: UUID) -> ModelCall:
        """Return the call that was begun as that step."""
        return self._calls[step_id]

    def end(self, call: ModelCall) -> None:
        """Enter that the call is over, well or not."""
        self.at_work.end()
        if call.step.for_tool is None:
            self._last = call
            self._unwritten = []

    def say(self, message: AIMessage) -> None:
        """Enter a message, or a chunk of one, that no model wrote."""
        if not isinstance(message, AIMessageChunk):
            self._unwritten = []
        self._unwritten.append(as_chunk(message))

    def add_failure(self, error: BaseException) -> None:
        """Remember what a provider raised. Not what cut it off: its traceback holds the connection."""
        if not isinstance(error, Cancelled):
            self._failures.append(error)

    # What the worker reads

    @property
    def message(self) -> AIMessageChunk | None:
        """What the model that ended last wrote, its chunks added up; while one writes, what there is.

        Of a message that came later, and that no model wrote, that message."""
        if self._unwritten:
            return add_ai_message_chunks(*self._unwritten)
        calls = (call for call in tuple(self._calls.values()) if call.step.for_tool is None)
        call = self._last or next(calls, None)
        return call.message if call else None

    @property
    def finish_reason(self) -> str | None:
        """Why the model that ended last stopped, in the provider's words, if its message is the reply."""
        return self._last.finish_reason if self._last and not self._unwritten else None

    @property
    def sent_back(self) -> dict[str, Any]:
        """What the server of the model that ended last wants back, if its message is the reply."""
        return sent_back_with(self._last.message) if self._last and not self._unwritten else {}

    @property
    def has_calls(self) -> bool:
        """Whether any model was called that writes the reply."""
        return any(call.step.for_tool is None for call in tuple(self._calls.values()))

    @property
    def broke_off(self) -> bool:
        """Whether the model that ended last gave no finish reason, though its provider gives one."""
        return bool(self._last and self._last.broke_off)

    @property
    def usage(self) -> Usage | None:
        """Of all the model calls so far; `reported` only if every one of them was."""
        usages = [call.usage for call in tuple(self._calls.values())]
        if not usages:
            return None
        return Usage(
            input_tokens=min(sum(usage.input_tokens for usage in usages), MOST_TOKENS),
            output_tokens=min(sum(usage.output_tokens for usage in usages), MOST_TOKENS),
            source="reported" if all(usage.source == "reported" for usage in usages) else "estimated",
        )

    @property
    def cut_completions(self) -> bool:
        """Whether a completion model was called that did not come to its end."""
        return any(not call.completed and call.step.type == "llm" for call in tuple(self._calls.values()))

    def is_providers(self, exc: BaseException) -> bool:
        """Whether it was a model or a retriever that raised the exception, or what caused it."""
        return any(cause is failure for cause in causes(exc) for failure in self._failures)
