"""The objects of a stream of `completions`, the oldest of OpenAI's APIs, become LangChain's chunks.

What arrived together becomes one chunk; finish reason and usage are given once, in the last one.
"""

from collections.abc import Mapping
from typing import Any

import httpx2
from langchain_core.outputs import GenerationChunk

from streaming.upstream.answer import Said
from streaming.upstream.choices import LENGTH_LIMITS, OneChoice, finish_reason_in
from streaming.upstream.refusals import broken_off, empty_reply, streamed_error
from streaming.upstream.usage import LastUsage


class CompletionReader:
    """Reads one reply."""

    def __init__(self, request: httpx2.Request) -> None:
        self._request = request
        self._choice = OneChoice()
        self._usage = LastUsage()
        self._reason: str | None = None
        self._text: list[str] = []
        self._given: list[GenerationChunk] = []
        self._heard = self._has_begun = False

    def take(self, said: Said) -> None:
        """Take one object of the stream. Raises the error in it."""
        self._heard = True
        self._usage.take(said.get("usage"))
        choice = self._choice.of(said.get("choices"))
        text = _text_of(said if choice is None else choice)
        if choice is not None and choice.get("error"):
            raise streamed_error(choice["error"], self._request)
        if text:
            self._has_begun = self._has_begun or bool(text.strip())
            self._text.append(text)
        self._reason = finish_reason_in(choice, said) or self._reason
        if choice is None:
            return
        self._usage.take(choice.get("usage"))
        if logprobs := choice.get("logprobs"):
            self._pass_on(logprobs=logprobs)

    def given(self) -> list[GenerationChunk]:
        """The chunks for what was taken since the last time."""
        if self._text or (self._heard and not self._given):
            self._pass_on()
        given, self._given, self._heard = self._given, [], False
        return given

    def rest(self) -> list[GenerationChunk]:
        """Nothing is held back."""
        return []

    def end(self, *, done: bool) -> list[GenerationChunk]:
        """The last chunk. Raises the error if that is no end."""
        if self._reason is None and not done:
            raise broken_off(self._request)
        reason = self._reason or "stop"
        if not self._has_begun and reason not in LENGTH_LIMITS:
            raise empty_reply(self._request)
        usage = self._usage.counts
        self._pass_on(finish_reason=reason, **({"token_usage": usage} if usage else {}))
        given, self._given = self._given, []
        return given

    def _pass_on(self, **info: Any) -> None:
        text, self._text = "".join(self._text), []
        told = {"finish_reason": None, "logprobs": None, **info}
        self._given.append(GenerationChunk(text=text, generation_info=told))


def _text_of(said: Mapping[str, Any]) -> str:
    """The text of a choice, also where it is a chat's. llama.cpp's own API has it beside the choices."""
    for part in (said, said.get("delta"), said.get("message")):
        for name in ("text", "content"):
            if isinstance(part, dict) and isinstance(text := part.get(name), str):
                return text
    return ""
