"""A chat model for servers that speak OpenAI's API, and more: reasoning is outside that API's schema.

LangChain's `ChatOpenAI` keeps to the schema, and drops what DeepSeek, llama.cpp, vLLM, OpenRouter and
others send beside `content`. This one keeps it where LangChain's own classes for such providers do.
"""

from collections.abc import Mapping
from typing import Any

import langchain_openai
import openai
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from streaming.callbacks.model_calls import REASONING_KEYS


class ChatOpenAI(langchain_openai.ChatOpenAI):
    """LangChain's class, whose messages also carry reasoning, as `additional_kwargs["reasoning_content"]`."""

    def _convert_chunk_to_generation_chunk(
        self,
        chunk: dict[str, Any],
        default_chunk_class: type,
        base_generation_info: dict[str, Any] | None,
    ) -> ChatGenerationChunk | None:
        converted = super()._convert_chunk_to_generation_chunk(
            chunk, default_chunk_class, base_generation_info
        )
        # Where the reply has to fit a schema, OpenAI's client wraps the chunk into an event of its own.
        choices = chunk.get("choices") or chunk.get("chunk", {}).get("choices")
        if converted is not None and choices:
            _keep_reasoning(choices[0].get("delta") or {}, converted.message)
        return converted

    def _create_chat_result(
        self, response: dict[str, Any] | openai.BaseModel, generation_info: dict[str, Any] | None = None
    ) -> ChatResult:
        """A reply that comes all at once."""
        result = super()._create_chat_result(response, generation_info)
        for choice, generation in zip(getattr(response, "choices", ()), result.generations, strict=False):
            _keep_reasoning(choice.message.model_extra or {}, generation.message)
        return result

    def _get_generation_chunk_from_completion(self, completion: openai.BaseModel) -> ChatGenerationChunk:
        """The last chunk of a reply that has to fit a schema. Its reasoning has come already."""
        last = super()._get_generation_chunk_from_completion(completion)
        last.message.additional_kwargs.pop("reasoning_content", None)
        return last


def _keep_reasoning(said: Mapping[str, Any], message: BaseMessage) -> None:
    for field in REASONING_KEYS:  # servers disagree on the name
        if isinstance(text := said.get(field), str) and text:
            message.additional_kwargs["reasoning_content"] = text
            return
