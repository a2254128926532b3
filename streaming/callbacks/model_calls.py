"""Keeps one call of a model within a run: its text, its reasoning, why it ended, what it used."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, Generation, LLMResult

from streaming.callbacks.results import jsonable
from streaming.callbacks.steps import Step
from streaming.events import Usage
from streaming.text import TextCleaner, clean

_FINISH_KEYS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "status")
"""OpenAI and most others; Anthropic; Ollama; Bedrock; OpenAI's Responses."""
REASONING_KEYS = ("reasoning_content", "reasoning", "reasoning_text")
_SENT_BACK = ("sent_by", "reasoning_field", "reasoning_details", "extra_content")
"""As `upstream/send_back.py` keeps it. Not what belongs to calls: those are not stored."""
_MOST_SENT_BACK = 1_000_000
"""Characters of JSON."""
MOST_TOKENS = 2**31 - 1
"""The largest number that a database's integer holds."""
_CHARACTERS_PER_TOKEN = 4
"""Of English text, by OpenAI's rule of thumb: for usage that the provider does not report."""


class ModelCall:
    """Collects what a call writes. The thread that runs the model adds to it; other threads only read it."""

    def __init__(self, step: Step, prompts: Sequence[str], *, wanted: bool) -> None:
        self.step = step
        self.wanted = wanted
        """Whether its tokens are to be shown."""
        self.message_id: str | None = None
        """Its provider's id of the message that it is writing."""
        self.completed = False
        """Whether it came to its end, rather than failing or being cancelled."""
        self._text = TextCleaner()
        self._reasoning = TextCleaner()
        self._input_characters = sum(map(len, prompts))
        self._pieces: list[str] = []
        self._reasoned = 0
        self._reported: Usage | None = None
        self._message: AIMessageChunk | None = None
        self.finish_reason: str | None = None
        self.broke_off = False
        self.number = 0
        """Its place among the run's writers, once it has begun to write."""
        self.writer = step.writer

    def add(self, token: str | list[Any], message: BaseMessage | None) -> tuple[str, str]:
        """Take a token. Returns the reasoning and the text to show for it, often just the token."""
        reasoning = self._reasoning.feed(reasoning_of(message)) if message else ""
        return self._keep(reasoning, self._text.feed(text_of(message.content if message else token)))

    def end(self, response: LLMResult) -> tuple[str, str]:
        """Note how the call ended. Returns the reasoning and the text that were not shown yet: a rest that
        was held back, or all of it when the model does not stream."""
        self.completed = True
        generation = response.generations[0][0] if response.generations and response.generations[0] else None
        if generation is None:
            return "", ""
        message = generation.message if isinstance(generation, ChatGeneration) else None
        reasoning = "" if self._reasoned or not message else self._reasoning.feed(reasoning_of(message))
        text = "" if self._pieces else self._text.feed(generation.text)
        info = {**(generation.generation_info or {}), **(message.response_metadata if message else {})}
        self.finish_reason = _finish_reason(info)
        tells = "model_provider" in info or any(key in info for key in _FINISH_KEYS)
        self.broke_off = tells and self.finish_reason is None
        self._reported = _usage(message, response)
        self._message = _chunk(generation, message)
        return self._keep(reasoning + self._reasoning.flush(), text + self._text.flush())

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def message(self) -> AIMessageChunk:
        """All chunks added up: with tool calls, usage and finish reason once the call has ended."""
        return self._message or AIMessageChunk(content=self.text)

    @property
    def usage(self) -> Usage:
        """What the provider reported, else an estimate of what was read and written so far."""
        return self._reported or Usage(
            input_tokens=-(-self._input_characters // _CHARACTERS_PER_TOKEN),
            output_tokens=-(-(sum(map(len, self._pieces)) + self._reasoned) // _CHARACTERS_PER_TOKEN),
            source="estimated",
        )

    def _keep(self, reasoning: str, text: str) -> tuple[str, str]:
        self._reasoned += len(reasoning)
        if text:
            self._pieces.append(text)
        return reasoning, text


def text_of(content: str | Sequence[Any]) -> str:
    """Return the text in a message's content: the content itself, or its text blocks joined."""
    if isinstance(content, str):
        return content
    return "".join(
        block if isinstance(block, str) else block.get("text", "") if block.get("type") == "text" else ""
        for block in content
    )


def reasoning_of(message: BaseMessage) -> str:
    """Return the reasoning in a message, from whichever of the usual places its provider puts it in."""
    for key in REASONING_KEYS:
        if isinstance(value := message.additional_kwargs.get(key), str):
            return value
    if isinstance(message.content, str):
        return ""
    return "".join(_reasoning_in(block) for block in message.content if isinstance(block, dict))


def sent_back_with(message: AIMessage) -> dict[str, Any]:
    """Return what has to be stored with a message for its server's sake, as JSON. Nothing if that is too
    much: the reply is worth more."""
    kept = {name: message.additional_kwargs[name] for name in _SENT_BACK if name in message.additional_kwargs}
    clean_kept: dict[str, Any] = jsonable(kept)
    return clean_kept if len(json.dumps(clean_kept)) <= _MOST_SENT_BACK else {}


def arguments_of(message: BaseMessage | None) -> str:
    """Return the pieces of tool calls' arguments in a chunk, joined."""
    chunks = message.tool_call_chunks if isinstance(message, AIMessageChunk) else ()
    return "".join(chunk["args"] or "" for chunk in chunks)


def _reasoning_in(block: dict[str, Any]) -> str:
    if block.get("type") == "thinking":  # Anthropic: text; Mistral: blocks of it
        return text_of(block.get("thinking") or "")
    if block.get("type") != "reasoning":
        return ""
    if "reasoning" in block:  # LangChain's own form
        return str(block["reasoning"])
    return "".join(part.get("text", "") for part in block.get("summary", ()))  # OpenAI's Responses


def _finish_reason(info: Mapping[str, Any]) -> str | None:
    """Return why the model stopped, in its provider's words."""
    cut = info.get("incomplete_details")  # of OpenAI's Responses, whose status is "incomplete" then
    if isinstance(cut, Mapping) and cut.get("reason"):
        return clean(str(cut["reason"]))
    return next((clean(str(info[key])) for key in _FINISH_KEYS if info.get(key)), None)


def _usage(message: BaseMessage | None, response: LLMResult) -> Usage | None:
    if isinstance(message, AIMessage) and (reported := message.usage_metadata):
        return _reported(reported.get("input_tokens"), reported.get("output_tokens"))
    totals = (response.llm_output or {}).get("token_usage") or _told(response).get("token_usage") or {}
    return _reported(totals.get("prompt_tokens"), totals.get("completion_tokens"))


def _told(response: LLMResult) -> Mapping[str, Any]:
    """Return what a completion model's stream has told beside the text: it has no message."""
    return response.generations[0][0].generation_info or {}


def _reported(read: object, written: object) -> Usage | None:
    """Return the usage that a provider reports, if it makes sense."""
    if isinstance(read, int) and isinstance(written, int) and min(read, written) >= 0:
        return Usage(min(read, MOST_TOKENS), min(written, MOST_TOKENS), "reported")
    return None


def as_chunk(message: AIMessage) -> AIMessageChunk:
    """Return the message as a chunk, to which others can be added."""
    if isinstance(message, AIMessageChunk):
        return message
    fields = message.model_dump(exclude={"type", "tool_calls", "invalid_tool_calls"})
    return AIMessageChunk(**fields, tool_calls=message.tool_calls)


def _chunk(generation: Generation, message: BaseMessage | None) -> AIMessageChunk:
    if isinstance(message, AIMessage):
        return as_chunk(message)
    return AIMessageChunk(content=generation.text, response_metadata=generation.generation_info or {})
