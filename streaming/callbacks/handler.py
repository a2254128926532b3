"""Turns LangChain's callbacks into typed events in a queue: `QueueCallback`.

LangChain calls it in whatever thread runs the step: the run's own, or one of a parallel branch.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, Protocol
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.utils.utils import LC_ID_PREFIX

from streaming import django_locals
from streaming.callbacks import results
from streaming.callbacks.custom import custom_event
from streaming.callbacks.graphs import GraphStates, is_node, updates_of
from streaming.callbacks.ledger import Ledger
from streaming.callbacks.model_calls import ModelCall, arguments_of, reasoning_of
from streaming.callbacks.output_tap import OutputTap
from streaming.callbacks.parsing import Parsing
from streaming.callbacks.questions import Questions
from streaming.callbacks.steps import Step, StepFilter, name_of
from streaming.callbacks.unwritten import UnwrittenMessages
from streaming.cancellation import Cancellation, Cancelled
from streaming.events import Event, Reasoning, Token, ToolEnd, ToolText, Writer
from streaming.text import clean


class EventSink(Protocol):
    """Takes the events. `put` may block while readers are slow."""

    def put(self, event: Event) -> None: ...


class QueueCallback(BaseCallbackHandler):
    """Puts a run's events into a queue, and enters its model calls into a ledger.

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
        given: Any = None,
    ) -> None:
        """`given` is the run's input: the messages in it are not the reply's."""
        self._queue = queue
        self._cancellation = cancellation or Cancellation()
        self._wanted = wanted or StepFilter()
        self.ledger = Ledger()
        """How the run's model calls ended, and which are at work."""
        self._unwritten = UnwrittenMessages()
        self._unwritten.know(given)
        self._unwritten_in_tools = UnwrittenMessages()
        self.questions = Questions()
        """What the run asks a person."""
        self.parsing = Parsing()
        """Whether the reply had the form that was asked for."""
        self._graphs = GraphStates(self._wanted.include_state or ())
        self._tap = OutputTap(queue.put, self._say, self._graphs)
        self._steps: dict[UUID, Step] = {}
        self._tool_calls: dict[UUID, str] = {}
        self._numbers = count(1)
        self._speakers: dict[UUID, int] = {}

    # Models

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        step = self._begin(run_id, "chat_model", serialized, kwargs)
        self._seen_by(step).know_id(f"{LC_ID_PREFIX}-{run_id}")  # where the provider gives a message none
        self._call_anew(step, kwargs)
        prompts = [message.text for message in messages[0]]
        self.ledger.begin(step, prompts, wanted=self._wanted.accepts(step))

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        step = self._begin(run_id, "llm", serialized, kwargs)
        self._call_anew(step, kwargs)
        self.ledger.begin(step, prompts, wanted=self._wanted.accepts(step))

    def on_llm_new_token(
        self, token: str | list[Any], *, run_id: UUID, chunk: Any = None, **kwargs: Any
    ) -> None:
        self._cancellation.check()
        call = self.ledger.call(run_id)
        message = getattr(chunk, "message", None)
        if message is not None and message.id != call.message_id:
            call.message_id = message.id
            self._seen_by(call.step).know_id(message.id)
        reasoning, text = call.add(token, message)
        self.ledger.at_work.hear(len(reasoning) + len(text) + len(arguments_of(message)))
        self._write(call, reasoning, text)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        self._cancellation.check()
        call = self.ledger.call(run_id)
        self._write(call, *call.end(response))
        self._end_call(call)
        self._seen_by(call.step).wrote(call.message, call.text)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.ledger.add_failure(error)
        call = self.ledger.call(run_id)
        self.parsing.fail_call(call.step, error)
        self._end_call(call)

    # Tools and retrievers

    def on_tool_start(
        self, serialized: dict[str, Any], input_str: str, *, run_id: UUID, **kwargs: Any
    ) -> None:
        step = self._begin(run_id, "tool", serialized, kwargs)
        call_id = self._tool_calls[run_id] = clean(kwargs.get("tool_call_id") or str(run_id))
        given = kwargs.get("inputs")
        self._put(step, results.tool_start(call_id, step.name, input_str if given is None else given))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end_tool(run_id, results.tool_end(self._tool_calls[run_id], self._steps[run_id].name, output))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        if self.questions.hear(error):  # the tool goes on when it has its answer
            del self._tool_calls[run_id], self._steps[run_id]
            return
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
        self.ledger.add_failure(error)
        self._steps.pop(run_id, None)

    # Chains

    def on_chain_start(self, serialized: dict[str, Any], inputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        step = self._begin(run_id, kwargs.get("run_type") or "chain", serialized, kwargs)
        if step.node:
            self._seen_by(step).know(inputs)
        if self._wanted.accepts(step):
            self._tap.begin(step)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        step = self._steps.pop(run_id, None)
        if step is None or self._cancellation.cancelled:
            return
        with suppress(Cancelled):  # LangChain calls this for a generator that is closed, too
            if step.node:
                self._say_messages(step, updates_of(outputs))
            self._graphs.end(step, outputs)
            reason = self.ledger.finish_reason
            self.parsing.end(step, outputs, kwargs.get("inputs"), finish_reason=reason)
            self._tap.end(step, outputs)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.questions.hear(error)
        self._steps.pop(run_id, None)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._cancellation.check()
        step = self._steps.get(run_id)
        if step is None or self._wanted.accepts(step):
            self._queue.put(custom_event(name, data))

    # These two make it one of LangChain's streaming handlers (the protocol `_StreamingCallbackHandler`):
    # with one of those at hand, a model streams even where a chain or a tool only invokes it.

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:
        return self._tap.tap(run_id, self.parsing.tap(self._steps[run_id], output))

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return self._tap.atap(run_id, self.parsing.atap(self._steps[run_id], output))

    # Steps of the above

    def _begin(
        self, run_id: UUID, kind: str, serialized: Mapping[str, Any] | None, kwargs: Mapping[str, Any]
    ) -> Step:
        self._cancellation.check()
        django_locals.carry()  # this may be a branch's first step in its thread
        name, tags = name_of(kwargs.get("name"), serialized), kwargs.get("tags") or ()
        within = self._caller(kwargs.get("parent_run_id") or run_id, kind)
        metadata = kwargs.get("metadata") or {}
        node = is_node(name, tags, metadata)
        self._steps[run_id] = step = Step(run_id, name, kind, tags, within, node, metadata)
        self._graphs.begin(step)
        return step

    def _call_anew(self, step: Step, kwargs: Mapping[str, Any]) -> None:
        if step.for_tool is None:
            self.parsing.begin_call(step, kwargs.get("invocation_params") or {})

    def _caller(self, run_id: UUID, kind: str) -> Step | None:
        """Return the step that calls one of a kind, in the name of the step `run_id`.

        A tool that takes the config hands on that of the node in which it works: LangChain gives it no other.
        """
        caller = self._steps.get(run_id)
        if caller is None or not caller.node or kind == "tool":
            return caller
        at_work = (self._steps.get(tool_id) for tool_id in tuple(self._tool_calls))
        return next((tool for tool in at_work if tool is not None and tool.within is caller), caller)

    def _say(self, step: Step, chunk: Any) -> bool:
        """Take a chunk of the run's output, if it is text of the reply. False if it may be data."""
        if isinstance(chunk, BaseMessage):
            self._say_messages(step, chunk)
            return True
        if not isinstance(chunk, str) or self.ledger.has_calls or step.in_tool:
            return False
        self._tell(step, AIMessageChunk(content=chunk))
        return True

    def _say_messages(self, step: Step, value: Any) -> None:
        for message in self._seen_by(step).new_in(value):
            if self._wanted.accepts(step):
                self._tell(step, message)

    def _tell(self, step: Step, message: AIMessage) -> None:
        """Put a message that no model wrote, as one piece of the reply."""
        reasoning, text = clean(reasoning_of(message)), clean(message.text)
        if step.for_tool is None:
            self.ledger.say(message)
        introduces = step.id not in self._speakers and step.within is not None
        number = self._speakers.get(step.id) or next(self._numbers)
        self._speakers[step.id] = number
        if reasoning and step.for_tool is None:
            self._queue.put(Reasoning(reasoning, writer=number, by=step.writer))
        if text:
            self._put_text(step, text, number, step.writer, introduces=introduces)

    def _end_call(self, call: ModelCall) -> None:
        self.ledger.end(call)
        self._steps.pop(call.step.id, None)

    def _end_tool(self, run_id: UUID, event: ToolEnd) -> None:
        self._cancellation.check()
        del self._tool_calls[run_id]
        self._put(self._steps.pop(run_id), event)

    def _write(self, call: ModelCall, reasoning: str, text: str) -> None:
        if not call.wanted or not (reasoning or text):
            return
        introduces = not call.number and call.step.within is not None
        call.number = call.number or next(self._numbers)
        if reasoning and call.step.for_tool is None:
            self._queue.put(Reasoning(reasoning, writer=call.number, by=call.writer, introduces=introduces))
            introduces = False
        if text:
            self._put_text(call.step, text, call.number, call.writer, introduces=introduces)

    def _put_text(self, step: Step, text: str, number: int, by: Writer, *, introduces: bool) -> None:
        if (tool := step.for_tool) is None:
            self._tap.wrote(text, call=by.step or "")
            self._queue.put(Token(text, writer=number, by=by, introduces=introduces))
        elif tool.id in self._tool_calls and self._wanted.accepts(tool):
            call_id = self._tool_calls[tool.id]
            self._queue.put(ToolText(text, call_id, writer=number, by=by, introduces=introduces))

    def _seen_by(self, step: Step) -> UnwrittenMessages:
        """Return what is known where the step works: what was written for a tool can be the reply's later."""
        return self._unwritten if step.for_tool is None else self._unwritten_in_tools

    def _put(self, step: Step, event: Event) -> None:
        if self._wanted.accepts(step):
            self._queue.put(event)
