"""One call of a model within a run: its text, why it ended, what it used."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation, LLMResult

from streaming.events import Usage
from streaming.text import TextCleaner

_FINISH_KEYS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
"""OpenAI and most others; Anthropic; Ollama; Bedrock."""
_CHARACTERS_PER_TOKEN = 4
"""Of English text, by OpenAI's rule of thumb; for usage that nobody reported."""


class ModelCall:
    """Written to by the thread that runs the model; others only read it."""

    def __init__(self, prompts: Sequence[str]) -> None:
        self._cleaner = TextCleaner()
        self._input_characters = sum(map(len, prompts))
        self._output_characters = 0
        self._reported: Usage | None = None
        self.finish_reason: str | None = None
        self.broke_off = False

    def add(self, token: str | list[Any]) -> str:
        """The text to show for a token, often but not always the token itself."""
        raw = token if isinstance(token, str) else text_of(token)
        return self._count(self._cleaner.feed(raw))

    def finish(self, response: LLMResult) -> str:
        """Note how the call ended. Returns the text that was not shown yet: a held back rest, or
        all of it when the model does not stream."""
        generation = response.generations[0][0] if response.generations and response.generations[0] else None
        if generation is None:
            return ""
        rest = "" if self._output_characters else self._cleaner.feed(generation.text)
        info = _metadata(generation)
        self.finish_reason = next((str(info[key]) for key in _FINISH_KEYS if info.get(key)), None)
        tells = "model_provider" in info or any(key in info for key in _FINISH_KEYS)
        self.broke_off = tells and self.finish_reason is None
        self._reported = _usage(generation, response)
        return self._count(rest + self._cleaner.flush())

    @property
    def usage(self) -> Usage:
        """What the provider reported, else an estimate of what was read and written so far."""
        return self._reported or Usage(
            input_tokens=-(-self._input_characters // _CHARACTERS_PER_TOKEN),
            output_tokens=-(-self._output_characters // _CHARACTERS_PER_TOKEN),
            source="estimated",
        )

    def _count(self, text: str) -> str:
        self._output_characters += len(text)
        return text


def text_of(content: str | list[Any]) -> str:
    """The text in a message's content: itself, or its text blocks joined."""
    if isinstance(content, str):
        return content
    return "".join(
        block if isinstance(block, str) else block.get("text", "") if block.get("type") == "text" else ""
        for block in content
    )


def _metadata(generation: Generation) -> dict[str, Any]:
    info = dict(generation.generation_info or {})
    if isinstance(generation, ChatGeneration):
        info.update(generation.message.response_metadata)
    return info


def _usage(generation: Generation, response: LLMResult) -> Usage | None:
    message = generation.message if isinstance(generation, ChatGeneration) else None
    if isinstance(message, AIMessage) and (reported := message.usage_metadata):
        return Usage(reported["input_tokens"], reported["output_tokens"], "reported")
    totals = (response.llm_output or {}).get("token_usage") or {}
    if "prompt_tokens" in totals and "completion_tokens" in totals:
        return Usage(totals["prompt_tokens"], totals["completion_tokens"], "reported")
    return None
