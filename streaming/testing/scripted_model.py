"""A chat model that says what it is told, piece by piece, and asks nobody."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from streaming.events import Reasoning
from streaming.testing.hold import Hold


@dataclass(frozen=True)
class ToolCall:
    """A call of the tool of that `name`, with `args`. `id` is made up if it is not given."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"call_{uuid4().hex[:8]}")


Piece = str | Reasoning | ToolCall | Hold | Exception


class Reply:
    """What a `ScriptedModel` says in one call: its pieces, one after the other.

    A text is a token, a `streaming.events.Reasoning` is reasoning; at a `Hold` the model waits; an exception
    is raised, as one of the provider's.
    """

    def __init__(
        self, *pieces: Piece, usage: tuple[int, int] | None = None, finish_reason: str | None = None
    ) -> None:
        """`usage` is the tokens read and written that the model reports: None, and it reports nothing.
        `finish_reason` is `stop`, or `tool_calls` where it calls one, if it is not given."""
        self.pieces = pieces
        self.usage = usage
        calls = any(isinstance(piece, ToolCall) for piece in pieces)
        self.finish_reason = finish_reason or ("tool_calls" if calls else "stop")

    def steps(self) -> Iterator[AIMessageChunk | Hold]:
        """The message's chunks, and the holds between them. Raises the exceptions that are in between."""
        index = itertools.count()
        for piece in self.pieces:
            match piece:
                case Hold():
                    yield piece
                case Exception():
                    raise piece
                case ToolCall(name=name, args=args, id=id_):
                    call = tool_call_chunk(name=name, args=json.dumps(args), id=id_, index=next(index))
                    yield AIMessageChunk(content="", tool_call_chunks=[call])
                case Reasoning(text=text):
                    yield AIMessageChunk(content="", additional_kwargs={"reasoning_content": text})
                case str():
                    yield AIMessageChunk(content=piece)
        yield AIMessageChunk(
            content="",
            response_metadata={"finish_reason": self.finish_reason},
            usage_metadata=self._usage_metadata(),
            chunk_position="last",
        )

    def _usage_metadata(self) -> UsageMetadata | None:
        if self.usage is None:
            return None
        read, written = self.usage
        return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


class ScriptedModel(BaseChatModel):
    """Says the replies that it is given, one for each call; a text is a reply of one piece.

        ScriptedModel("Hello.", Reply("How", " are you?"))

    `calls` has the messages of each call. A call for which there is no reply raises `NoReplyLeft`. Tools may
    be bound to it: the script says when it calls them.
    """

    replies: Sequence[Reply]
    calls: list[list[BaseMessage]] = []
    model: str = "scripted"
    _numbers: Iterator[int] = PrivateAttr(default_factory=itertools.count)

    def __init__(self, *replies: Reply | str, **options: Any) -> None:
        scripts = [Reply(reply) if isinstance(reply, str) else reply for reply in replies]
        super().__init__(**{"replies": scripts, "calls": [], **options})

    def bind_tools(self, tools: Sequence[Any], **options: Any) -> "ScriptedModel":
        """The model itself."""
        return self

    def _steps(self, messages: list[BaseMessage]) -> Iterator[AIMessageChunk | Hold]:
        number = next(self._numbers)
        self.calls.append(messages)
        if number >= len(self.replies):
            raise NoReplyLeft(
                f"the model was called once more than the {len(self.replies)} times in its script"
            )
        return self.replies[number].steps()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for step in self._steps(messages):
            if isinstance(step, Hold):
                step.stand()
                continue
            chunk = ChatGenerationChunk(message=step)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for step in self._steps(messages):
            if isinstance(step, Hold):
                await step.astand()
                continue
            chunk = ChatGenerationChunk(message=step)
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages))

    @property
    def _llm_type(self) -> str:
        return "scripted"


class NoReplyLeft(AssertionError):
    """A `ScriptedModel` was called more often than it has replies."""
