"""A reply that was asked for all at once, as LangChain's result.

Whatever it comes as, it is read like a stream, and the pieces are added up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from openai.types import CompletionUsage

from streaming.upstream.answer import Said
from streaming.upstream.reply import Chunk, Reader
from streaming.upstream.usage import LastUsage

_NAMES = ("id", "model", "system_fingerprint", "service_tier")


def added_up(said: Iterable[Said], reader: Reader[Chunk], *, done: bool) -> Chunk:
    """What a reader makes of the objects, as one. Raises the error in them."""
    for part in said:
        reader.take(part)
    first, *others = [*reader.given(), *reader.rest(), *reader.end(done=done)]
    return sum(others, first)


def by_choice(said: Sequence[Said], choices: object) -> list[list[Said]]:
    """The objects as often as choices were asked for: for each choice only what concerns that one."""
    if not isinstance(choices, int) or choices < 2:
        return [list(said)]
    return [[_only(part, number) for part in said] for number in range(choices)]


def generation(chunk: ChatGenerationChunk) -> ChatGeneration:
    """The whole of one choice of a chat's completion."""
    message = message_chunk_to_message(chunk.message)
    message.additional_kwargs.setdefault("refusal", None)
    return ChatGeneration(
        message=message, generation_info={"logprobs": None, **(chunk.generation_info or {})}
    )


def chat_result(said: Iterable[Said], generations: list[ChatGeneration], *, model: str) -> ChatResult:
    """The result, with what LangChain tells of the whole of it."""
    told: dict[str, Any] = {"model_provider": "openai", **totals(said)}
    told["model_name"] = told.pop("model", model)
    return ChatResult(generations=generations, llm_output=told)


def responses_result(chunk: ChatGenerationChunk) -> ChatResult:
    """The same for a reply of the other API, whose messages tell it all themselves."""
    message = message_chunk_to_message(chunk.message)
    return ChatResult(generations=[ChatGeneration(message=message, generation_info=chunk.generation_info)])


def totals(said: Iterable[Said]) -> dict[str, Any]:
    """What the objects say of the whole reply: its names, and what it used."""
    usage, names = LastUsage(), dict[str, Any](system_fingerprint=None)
    for part in said:
        usage.take(part.get("usage"))
        names |= {name: part[name] for name in _NAMES if isinstance(part.get(name), str)}
    counts = usage.counts
    return {"token_usage": counts and CompletionUsage.construct(**counts).model_dump(), **names}


def _only(said: Said, number: int) -> Said:
    choices = said.get("choices")
    if not isinstance(choices, list):
        return said
    own = [
        choice
        for place, choice in enumerate(choices)
        if isinstance(choice, dict) and choice.get("index", place) == number
    ]
    return {**said, "choices": own}
