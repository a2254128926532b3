"""A chat model for servers that speak OpenAI's API, and more: reasoning is outside that API's schema.

LangChain's `ChatOpenAI` keeps to the schema, and drops what DeepSeek, llama.cpp, vLLM, OpenRouter and
others send beside `content`. This one keeps it where LangChain's own classes for such providers do.
"""

from typing import Any

from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI

from streaming.model_calls import REASONING_KEYS


class ReasoningChatOpenAI(ChatOpenAI):
    """`ChatOpenAI` whose chunks carry reasoning, as `additional_kwargs["reasoning_content"]`."""

    def _convert_chunk_to_generation_chunk(
        self,
        chunk: dict[str, Any],
        default_chunk_class: type,
        base_generation_info: dict[str, Any] | None,
    ) -> ChatGenerationChunk | None:
        converted = super()._convert_chunk_to_generation_chunk(
            chunk, default_chunk_class, base_generation_info
        )
        if converted is not None and (choices := chunk.get("choices")):
            delta = choices[0].get("delta") or {}
            for field in REASONING_KEYS:  # servers disagree on the name
                if isinstance(text := delta.get(field), str) and text:
                    converted.message.additional_kwargs["reasoning_content"] = text
                    break
        return converted
