"""The objects of a `chat/completions` stream become LangChain's chunks.

What arrived together becomes one chunk. What a server may say several times, each time as if it were the
first (the finish reason, the usage, a call's name), is given once, in the last chunk.
"""

import time
from collections.abc import Mapping
from typing import Any

import httpx2
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk

from streaming.upstream.answer import Said
from streaming.upstream.asked import Asked, parsed
from streaming.upstream.choices import LENGTH_LIMITS, OneChoice, finish_reason_in
from streaming.upstream.refusals import UNREADABLE_CALL, broken_off, empty_reply, streamed_error
from streaming.upstream.send_back import SentBack
from streaming.upstream.think_blocks import ThinkBlocks
from streaming.upstream.tool_calls import ToolCalls, UnreadableCall
from streaming.upstream.usage import LastUsage

_NAMES = {"model": "model_name", "system_fingerprint": "system_fingerprint", "service_tier": "service_tier"}

SECONDS_BETWEEN_SIGNS = 1.0
"""While arguments are written that are read at once. A model's deadlines are many of these."""


class ChatReader:
    """Reads one reply."""

    def __init__(
        self,
        asked: Asked,
        request: httpx2.Request,
        info: dict[str, Any] | None = None,
        *,
        output_version: str | None = None,
    ) -> None:
        self._asked = asked
        self._request = request
        self._info = info or {}
        self._metadata = {"model_provider": "openai"}
        if output_version == "v1":
            self._metadata["output_version"] = "v1"
        self.thinking = ThinkBlocks(thinks_from_the_start=asked.thinks_from_the_start)
        self._calls = ToolCalls()
        self._usage = LastUsage()
        self.sent_back = SentBack(asked.server)
        self._given: list[ChatGenerationChunk] = []
        self._reasoning: list[str] = []
        self._text: list[str] = []
        self._heard = False
        self._choice = OneChoice()
        self._has_begun = False
        self._refusal = ""
        self._form: list[str] = []
        self._is_whole = False
        self._sign_after = 0.0

    def take(self, said: Said) -> None:
        """Take one object of the stream. Raises the error in it."""
        self._heard = True
        self._usage.take(said.get("usage"))
        choice = self._choice.of(said.get("choices"))
        if (reason := finish_reason_in(choice, (choice or {}).get("delta"), said)) is not None:
            self._finish(reason, said)
        if choice is None:
            return
        if choice.get("error"):
            raise streamed_error(choice["error"], self._request)
        self._usage.take(choice.get("usage"))
        self._take_delta(choice)

    def given(self) -> list[ChatGenerationChunk]:
        """The chunks for what was taken since the last time: mostly one."""
        self._pass_on()
        if self._asked.wants_arguments_live and (news := self._calls.news()):
            self._give(tool_call_chunks=news)
        if self._heard and not self._given and self._is_sign_due():
            self._give()  # a sign of life
        given, self._given, self._heard = self._given, [], False
        return given

    def rest(self) -> list[ChatGenerationChunk]:
        """The chunks for what was held back, now that nothing follows."""
        self._part(*self.thinking.end())
        self._pass_on()
        given, self._given = self._given, []
        return given

    def end(self, *, done: bool) -> list[ChatGenerationChunk]:
        """The last chunk. `done` is whether the server has said so. Raises the error if that is no end."""
        reason = self._info.get("finish_reason")
        if reason is None and not (done or self._is_whole):
            raise broken_off(self._request)
        calls = self._finished_calls()
        if reason is None:
            self._info["finish_reason"] = reason = "tool_calls" if self._calls.calls else "stop"
        if not (self._has_begun or self._calls.calls or self._refusal or reason in LENGTH_LIMITS):
            raise empty_reply(self._request)
        extra = self.sent_back.fields(self._calls.calls)
        if self._refusal:
            extra["refusal"] = self._refusal
        elif self._form:
            extra["parsed"] = parsed("".join(self._form), self._asked.form)
        self._give(
            tool_call_chunks=calls,
            additional_kwargs=extra,
            usage_metadata=self._usage.metadata(self._info.get("service_tier")),
            chunk_position="last",
            info=self._info,
        )
        given, self._given = self._given, []
        return given

    def _is_sign_due(self) -> bool:
        """Whether one has to show now that the server is at work. What reads arguments while they are written
        reads all of them again for each chunk, an empty one too."""
        now = time.monotonic()
        if self._asked.wants_arguments_live and self._calls.calls and now < self._sign_after:
            return False
        self._sign_after = now + SECONDS_BETWEEN_SIGNS
        return True

    def _finished_calls(self) -> list[ToolCallChunk]:
        try:
            return self._calls.finished(optional=self._asked.optional)
        except UnreadableCall:
            raise streamed_error(UNREADABLE_CALL, self._request) from None

    def _finish(self, reason: str, said: Said) -> None:
        self._info["finish_reason"] = reason
        self._info |= {
            known: said[name]
            for name, known in _NAMES.items()
            if isinstance(said.get(name), str) and said[name]
        }

    def _take_delta(self, choice: Mapping[str, Any]) -> None:
        delta, logprobs = self._delta(choice), choice.get("logprobs")
        if len(delta) == 1 and "content" in delta and not logprobs:
            self._take_content(delta["content"])  # which is nearly always so
            return
        if logprobs:
            self._pass_on()
        self.sent_back.take(delta)
        self._part(self.sent_back.reasoning(delta), "")
        self._take_content(delta.get("content"))
        self._take_refusal(delta.get("refusal"))
        if delta.get("tool_calls"):
            self._calls.take(delta["tool_calls"])
        if delta.get("function_call"):
            self._take_function_call(delta["function_call"])
        if logprobs:
            self._pass_on(info={"logprobs": logprobs})

    def _delta(self, choice: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a choice adds. Where a stream was not to be had, that is the whole message."""
        delta, message = choice.get("delta"), choice.get("message")
        if isinstance(delta, dict) and delta:
            return delta
        if message and isinstance(message, dict | str):
            self._is_whole = True
            whole = message if isinstance(message, dict) else {"content": message}
            return {} if self._has_begun else whole  # some say the whole once more, after its pieces
        return {"content": delta if isinstance(delta, str) else choice.get("text")}

    def _take_refusal(self, refusal: object) -> None:
        if not isinstance(refusal, str):
            return
        self._refusal += refusal
        if not self._asked.form:  # else LangChain's parser raises it
            self._part("", refusal)

    def _take_function_call(self, said: object) -> None:
        """What came before tools. LangChain adds its pieces up."""
        if isinstance(said, dict):
            self._has_begun = True
            named = {**said, "name": said.get("name") or ""}
            self._give(additional_kwargs={"function_call": named})

    def _take_content(self, content: object) -> None:
        if isinstance(content, str):
            if content:
                self._part(*self.thinking.feed(content))
        elif isinstance(content, list):
            for part in content:
                self._take_part(part)
        elif isinstance(content, dict):
            self._take_part(content)
        elif isinstance(content, int | float) and not isinstance(content, bool):
            self._take_content(str(content))

    def _take_part(self, part: object) -> None:
        """One of the blocks that some servers' content consists of."""
        if isinstance(part, dict) and part.get("type") in ("thinking", "reasoning"):
            thoughts = part.get("thinking") or part.get("reasoning") or part.get("text")
            for thought in thoughts if isinstance(thoughts, list) else [thoughts]:
                text = thought.get("text") if isinstance(thought, dict) else thought
                self._part(text if isinstance(text, str) else "", "")
        else:
            named = (part.get(name) for name in ("text", "value")) if isinstance(part, dict) else iter([part])
            self._take_content(next((text for text in named if text), None))

    def _part(self, reasoning: str, text: str) -> None:
        if reasoning:
            if self._text:
                self._pass_on()  # in one chunk reasoning comes before the text
            self._reasoning.append(reasoning)
        if text:
            self._has_begun = self._has_begun or bool(text.strip())
            self._text.append(text)
            if isinstance(self._asked.form, type):
                self._form.append(text)

    def _pass_on(self, info: dict[str, Any] | None = None) -> None:
        """Make a chunk of the reasoning and text that wait."""
        if not (self._text or self._reasoning or info):
            return
        extra = {"reasoning_content": "".join(self._reasoning)} if self._reasoning else {}
        self._give("".join(self._text), additional_kwargs=extra, info=info)
        self._text, self._reasoning = [], []

    def _give(self, content: str = "", *, info: dict[str, Any] | None = None, **fields: Any) -> None:
        message = AIMessageChunk(content=content, response_metadata=dict(self._metadata), **fields)
        self._given.append(ChatGenerationChunk(message=message, generation_info=info or None))
