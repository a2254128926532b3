"""QueueCallback: LangChain's callbacks become typed events in a queue.

LangChain calls it in whatever thread runs the model: the run's own, or one of a parallel branch.
"""

import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Protocol
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from streaming.cancellation import Cancellation
from streaming.events import Event, Token, Usage
from streaming.model_calls import ModelCall


class EventQueue(Protocol):
    """What takes the events. `put` may block while readers are slow."""

    def put(self, event: Event) -> None: ...


class QueueCallback(BaseCallbackHandler):
    """Puts a run's events into a queue, and remembers how its model calls ended.

    Methods that have LangChain's names take LangChain's arguments: `token` must be called so, since
    LangChain passes it by keyword.
    """

    raise_error = True  # else LangChain logs what a handler raises, and goes on without its tokens
    run_inline = True

    def __init__(self, queue: EventQueue, *, cancellation: Cancellation | None = None) -> None:
        self._queue = queue
        self._cancellation = cancellation or Cancellation()
        self._lock = threading.Lock()
        self._calls: dict[UUID, ModelCall] = {}
        self._last: ModelCall | None = None

    # Model calls

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._begin(run_id, [message.text for message in messages[0]])

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._begin(run_id, prompts)

    def on_llm_new_token(self, token: str | list[Any], *, run_id: UUID, **kwargs: Any) -> None:
        self._cancellation.check()
        if text := self._calls[run_id].add(token):
            self._queue.put(Token(text))

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        self._cancellation.check()
        call = self._calls[run_id]
        if text := call.finish(response):
            self._queue.put(Token(text))
        self._last = call

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._last = self._calls[run_id]

    def _begin(self, run_id: UUID, prompts: Sequence[str]) -> None:
        self._cancellation.check()
        with self._lock:
            self._calls[run_id] = ModelCall(prompts)

    # How the model calls ended

    @property
    def finish_reason(self) -> str | None:
        """Why the model that ended last stopped, in the provider's words."""
        return self._last.finish_reason if self._last else None

    @property
    def broke_off(self) -> bool:
        """The model that ended last ended without a finish reason, though its provider gives one."""
        return bool(self._last and self._last.broke_off)

    @property
    def usage(self) -> Usage | None:
        """Of all the model calls so far; `reported` only if every one of them was."""
        with self._lock:
            usages = [call.usage for call in self._calls.values()]
        if not usages:
            return None
        return Usage(
            input_tokens=sum(usage.input_tokens for usage in usages),
            output_tokens=sum(usage.output_tokens for usage in usages),
            source="reported" if all(usage.source == "reported" for usage in usages) else "estimated",
        )

    # These two make it one of LangChain's streaming handlers (the protocol `_StreamingCallbackHandler`):
    # with one of those at hand, a model streams even where a chain or a tool only invokes it.

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:
        return output

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return output
