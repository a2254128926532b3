"""QueueCallback: LangChain's callbacks become typed events in a queue.

LangChain calls it in whatever thread runs the step: the run's own, or one of a parallel branch.
"""

import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import LLMResult

from streaming.callbacks import results
from streaming.callbacks.model_calls import MOST_TOKENS, ModelCall, arguments_of
from streaming.callbacks.models_at_work import ModelsAtWork
from streaming.callbacks.outputs import GrowingOutput, Patch
from streaming.callbacks.steps import Step, StepFilter, name_of
from streaming.callbacks.text import clean
from streaming.cancellation import Cancellation, Cancelled
from streaming.errors import causes
from streaming.events import Event, Output, Reasoning, Token, ToolEnd, ToolStart, Usage


class EventSink(Protocol):
    """What takes the events. `put` may block while readers are slow."""

    def put(self, event: Event) -> None: ...


class QueueCallback(BaseCallbackHandler):
    """Puts a run's events into a queue, and remembers how its model calls ended.

    Methods that have LangChain's names take LangChain's arguments, which it passes by keyword: a
    parameter of another name than `token` would get none.
    """

    raise_error = True  # else LangChain logs what a handler raises, and goes on without its tokens
    run_inline = True

    def __init__(
        self,
        queue: EventSink,
        *,
        cancellation: Cancellation | None = None,
        wanted: StepFilter | None = None,
    ) -> None:
        self._queue = queue
        self._cancellation = cancellation or Cancellation()
        self._wanted = wanted or StepFilter()
        self._lock = threading.RLock()
        self._steps: dict[UUID, Step] = {}
        self._calls: dict[UUID, ModelCall] = {}
        self._last: ModelCall | None = None
        self.models = ModelsAtWork()
        """For the run's deadlines."""
        self._failures: list[BaseException] = []
        self._output = GrowingOutput()
        self._output_step: Step | None = None
        self._output_streams = False
        self._tool_calls: dict[UUID, str] = {}

    # Models

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        step = self._begin(run_id, "chat_model", serialized, kwargs)
        self._begin_call(step, [message.text for message in messages[0]])

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._begin_call(self._begin(run_id, "llm", serialized, kwargs), prompts)

    def on_llm_new_token(
        self, token: str | list[Any], *, run_id: UUID, chunk: Any = None, **kwargs: Any
    ) -> None:
        self._cancellation.check()
        call = self._calls[run_id]
        message = getattr(chunk, "message", None)
        reasoning, text = call.add(token, message)
        self.models.hear(len(reasoning) + len(text) + len(arguments_of(message)))
        self._write(call, reasoning, text)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        self._cancellation.check()
        call = self._calls[run_id]
        self._write(call, *call.finish(response))
        self._end_call(call)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._keep(error)
        self._end_call(self._calls[run_id])

    # Tools and retrievers

    def on_tool_start(
        self, serialized: dict[str, Any], input_str: str, *, run_id: UUID, **kwargs: Any
    ) -> None:
        step = self._begin(run_id, "tool", serialized, kwargs)
        call_id = self._tool_calls[run_id] = clean(kwargs.get("tool_call_id") or str(run_id))
        given = kwargs.get("inputs")
        self._put(
            step, ToolStart(call_id, step.name, results.jsonable(input_str if given is None else given))
        )

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end_tool(run_id, results.tool_end(self._tool_calls[run_id], self._steps[run_id].name, output))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        name = self._steps[run_id].name
        self._end_tool(run_id, results.tool_failure(self._tool_calls[run_id], name, error))

    def on_retriever_start(
        self, serialized: dict[str, Any], query: str, *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._begin(run_id, "retriever", serialized, kwargs)

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **kwargs: Any) -> None:
        self._cancellation.check()
        self._put(self._steps.pop(run_id), results.documents(documents))

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._keep(error)
        self._steps.pop(run_id, None)

    # Chains. The output of the outermost wanted one is the output of the run.

    def on_chain_start(self, serialized: dict[str, Any], inputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        step = self._begin(run_id, kwargs.get("run_type") or "chain", serialized, kwargs)
        with self._lock:
            if self._output_step is None and step.type != "prompt" and self._wanted.accepts(step):
                self._output_step = step

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._steps.pop(run_id, None)
        if not self._gives_the_output(run_id) or self._cancellation.cancelled:
            return
        with suppress(Cancelled):  # LangChain calls this for a generator that is closed, too
            # What was streamed is known already, and adding it again would double it.
            self._put_output([] if self._output_streams else self._output.add(outputs))
            self._put_output(self._output.flush())

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._steps.pop(run_id, None)

    # These two make it one of LangChain's streaming handlers (the protocol `_StreamingCallbackHandler`):
    # with one of those at hand, a model streams even where a chain or a tool only invokes it.

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:
        return self._tapped(output) if self._gives_the_output(run_id) else output

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return self._atapped(output) if self._gives_the_output(run_id) else output

    # How the model calls ended

    @property
    def message(self) -> AIMessageChunk | None:
        """What the model that ended last wrote, its chunks added up; while one writes, what there is."""
        call = self._last or next(iter(tuple(self._calls.values())), None)
        return call.message if call else None

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
        return any(not call.finished and call.step.type == "llm" for call in tuple(self._calls.values()))

    def _keep(self, error: BaseException) -> None:
        """Remember what a provider raised. Not what cut it off: its traceback holds the connection."""
        if not isinstance(error, Cancelled):
            self._failures.append(error)

    def is_providers(self, exc: BaseException) -> bool:
        """Whether it was a model or a retriever that raised the exception, or what caused it."""
        return any(cause is failure for cause in causes(exc) for failure in self._failures)

    # Steps of the above

    def _begin(
        self, run_id: UUID, kind: str, serialized: Mapping[str, Any] | None, kwargs: Mapping[str, Any]
    ) -> Step:
        self._cancellation.check()
        step = Step(run_id, name_of(kwargs.get("name"), serialized), kind, kwargs.get("tags") or ())
        self._steps[run_id] = step
        return step

    def _begin_call(self, step: Step, prompts: Sequence[str]) -> None:
        self._calls[step.id] = ModelCall(step, prompts, wanted=self._wanted.accepts(step))
        self.models.begin()

    def _end_call(self, call: ModelCall) -> None:
        self.models.end()
        self._last = call
        self._steps.pop(call.step.id, None)

    def _end_tool(self, run_id: UUID, event: ToolEnd) -> None:
        self._cancellation.check()
        del self._tool_calls[run_id]
        self._put(self._steps.pop(run_id), event)

    def _write(self, call: ModelCall, reasoning: str, text: str) -> None:
        if not call.wanted:
            return
        if self.models.several and not call.concurrent:
            for other in tuple(self._calls.values()):  # those too that wrote alone, and are still at work
                other.concurrent = True
        origin: dict[str, Any] = {"run": call.run, "name": call.step.name, "concurrent": call.concurrent}
        if reasoning:
            self._queue.put(Reasoning(reasoning, **origin))
        if text:
            self._output.wrote(text, call=call.run)
            self._queue.put(Token(text, **origin))

    def _gives_the_output(self, run_id: UUID) -> bool:
        return self._output_step is not None and self._output_step.id == run_id

    def _tapped(self, output: Iterator[Any]) -> Iterator[Any]:
        self._output_streams = True
        for chunk in output:
            self._put_output(self._output.add(chunk))
            yield chunk

    async def _atapped(self, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        self._output_streams = True
        async for chunk in output:
            self._put_output(self._output.add(chunk))
            yield chunk

    def _put_output(self, patch: Patch) -> None:
        if patch:
            self._queue.put(Output(patch))

    def _put(self, step: Step, event: Event) -> None:
        if self._wanted.accepts(step):
            self._queue.put(event)
