"""A reply of OpenAI's other API that is one object becomes LangChain's message.

LangChain takes it apart; here it is brought into the types that LangChain expects.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import httpx2
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_openai.chat_models.base import _construct_lc_result_from_responses_api
from openai.types.responses import Response
from pydantic import ValidationError

from streaming.upstream.answer import Said
from streaming.upstream.asked import Asked, parsed
from streaming.upstream.refusals import UNREADABLE_CALL, streamed_error
from streaming.upstream.tool_calls import UnreadableCall, arguments_text, readable

_KINDS = ("output_text", "refusal")


def whole_message(
    response: Said,
    asked: Asked,
    request: httpx2.Request,
    metadata: dict[str, Any],
    *,
    output_version: str | None,
) -> AIMessageChunk:
    """The message, in one chunk. Raises the error in the reply."""
    if response.get("error") or response.get("status") == "failed":
        raise streamed_error(response.get("error"), request)
    try:
        output = list(items_of(response.get("output"), asked))
        whole = Response.construct(**{**response, "output": output})
        result = _construct_lc_result_from_responses_api(whole, asked.form, metadata, output_version)
    except UnreadableCall:
        raise streamed_error(UNREADABLE_CALL, request) from None
    except (AttributeError, KeyError, TypeError, ValidationError):
        raise streamed_error("The reply is unreadable.", request) from None
    message = cast("AIMessage", result.generations[0].message)
    if isinstance(asked.form, type) and message.text:
        message.additional_kwargs.setdefault("parsed", parsed(message.text, asked.form))
    return _as_chunk(message)


def items_of(said: object, asked: Asked) -> Iterator[dict[str, Any]]:
    """The items of a reply, in the form that LangChain takes them in. Raises `UnreadableCall`."""
    for item in said if isinstance(said, list) else ():
        if not isinstance(item, dict):
            continue
        if item.get("type") == "message":
            yield {"id": None, **item, "content": list(_parts(item.get("content")))}
        elif item.get("type") == "function_call":
            given, name = arguments_text(item.get("arguments")), str(item.get("name"))
            yield {**item, "arguments": readable(given, name=name, optional=asked.optional)}
        else:
            yield item


def _parts(content: object) -> Iterator[Mapping[str, Any]]:
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield {"type": "output_text", "text": part, "annotations": []}
        elif isinstance(part, dict):
            kind = part.get("type") if part.get("type") in _KINDS else _KINDS["refusal" in part]
            field = "refusal" if kind == "refusal" else "text"
            if isinstance(part.get(field), str):
                yield {"annotations": [], **part, "type": kind}


def _as_chunk(message: AIMessage) -> AIMessageChunk:
    return AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        id=message.id,
        tool_calls=message.tool_calls,
        invalid_tool_calls=message.invalid_tool_calls,
    )
