"""OpenAI's bodies, as pure functions of a script and the request's JSON."""

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.upstream.script import ToolCall, Usage

CREATED = 1_700_000_000
DIMENSIONS = 8
DONE = b"data: [DONE]\n\n"


def json_bytes(data: object) -> bytes:
    return json.dumps(data).encode()


def event(data: object) -> bytes:
    """A server-sent event. Surrogates and control characters are escaped, as `json.dumps` has it."""
    return b"data: " + json_bytes(data) + b"\n\n"


def reported(usage: Usage, *, counted: int) -> dict[str, int]:
    """The usage object, with `counted` completion tokens unless the script says how many."""
    completion = counted if usage.completion_tokens is None else usage.completion_tokens
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": completion,
        "total_tokens": usage.prompt_tokens + completion,
    }


def tool_call_parts(call: ToolCall) -> Iterator[dict[str, Any]]:
    """A call as a stream has it: id and name first, then piece after piece of the arguments."""
    function = {"name": call.name, "arguments": ""}
    yield {"index": call.index, "id": call.id, "type": "function", "function": function}
    for piece in call.arguments:
        yield {"index": call.index, "function": {"arguments": piece}}


def whole_tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": "".join(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


@dataclass(frozen=True)
class Bodies:
    """The objects of one reply: `id`, `created` and `model` stay the same through a stream."""

    kind: Literal["chat", "text"]
    id: str
    model: str

    def chunk(self, fields: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
        """A chunk of a stream, for one piece of the reply."""
        return self._envelope("chat.completion.chunk", [self._choice("delta", fields, finish)])

    def usage_chunk(self, usage: dict[str, int]) -> dict[str, Any]:
        """The chunk that `stream_options.include_usage` adds at the end."""
        return self._envelope("chat.completion.chunk", []) | {"usage": usage}

    def whole(self, fields: dict[str, Any], *, finish: str | None) -> dict[str, Any]:
        """The body of a reply that was not asked for as a stream."""
        return self._envelope("chat.completion", [self._choice("message", fields, finish)])

    def _choice(self, name: str, fields: dict[str, Any], finish: str | None) -> dict[str, Any]:
        said = {name: fields} if self.kind == "chat" else {"text": fields.get("content", "")}
        return {"index": 0, **said, "logprobs": None, "finish_reason": finish}

    def _envelope(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind if self.kind == "chat" else "text_completion",
            "created": CREATED,
            "model": self.model,
            "choices": choices,
        }


def error(message: str, *, type_: str = "server_error", code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": None, "code": code}}


def models(names: list[str]) -> dict[str, Any]:
    listed = [{"id": name, "object": "model", "created": CREATED, "owned_by": "tests"} for name in names]
    return {"object": "list", "data": listed}


def vector(item: object) -> list[float]:
    """One that depends on the input alone."""
    digest = hashlib.sha256(repr(item).encode("utf-8", "replace")).digest()
    return [byte / 255 for byte in digest[:DIMENSIONS]]


def embeddings(
    request: dict[str, Any], vector_of: Callable[[Any], Sequence[float]] = vector
) -> dict[str, Any]:
    """A vector for each input."""
    given = request["input"]
    single = isinstance(given, str) or all(isinstance(item, int) for item in given)
    inputs = [given] if single else given
    as_text = request.get("encoding_format") == "base64"
    vectors = [list(vector_of(item)) for item in inputs]
    data = [
        {"object": "embedding", "index": index, "embedding": packed(values) if as_text else values}
        for index, values in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}
    return {"object": "list", "data": data, "model": request.get("model"), "usage": usage}


def packed(values: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
