"""Bodies that providers have been seen to send, and what a model makes of them."""

import json
from collections.abc import Iterable
from typing import Any

import httpx2
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from streaming.upstream.asked import Asked
from streaming.upstream.chat_completions import ChatReader
from streaming.upstream.reply import Reply as Reading
from tests.upstream import End, Raw, Reply

Json = dict[str, Any]
EVENTS = "text/event-stream"
REQUEST = httpx2.Request("POST", "http://provider.test/v1/chat/completions")


def chunk(delta: Json | None = None, *, finish: str | None = None, **fields: Any) -> Json:
    """A chunk as the protocol has it, with other fields besides."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {
        "id": "chatcmpl-7",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": "scripted",
        "choices": [choice],
        **fields,
    }


def says(text: str) -> Json:
    return chunk({"content": text})


def calls(*fragments: Json) -> Json:
    return chunk({"tool_calls": list(fragments)})


FINISH = chunk(finish="stop")


def events(*said: Json | str, done: bool = True) -> bytes:
    """The events of a stream: JSON, or lines as they are."""
    lines = [line if isinstance(line, str) else f"data: {json.dumps(line)}" for line in said]
    return "".join(f"{line}\n\n" for line in [*lines, *(["data: [DONE]"] if done else [])]).encode()


def body(data: bytes, *, content_type: str = EVENTS) -> Reply:
    """A 200 with that body, and nothing else."""
    return Reply(Raw(data), End(), headers={"Content-Type": content_type})


def stream_of(*said: Json | str, done: bool = True) -> Reply:
    return body(events(*said, done=done))


def read(pieces: Iterable[bytes], asked: Asked | None = None) -> list[ChatGenerationChunk]:
    """What the reader makes of a body that comes in these pieces."""
    headers = {"Content-Type": EVENTS}
    response = httpx2.Response(200, headers=headers, content=iter(list(pieces)), request=REQUEST)
    return list(Reading(response, ChatReader(asked or Asked(), REQUEST)).chunks())


def message_of(chunks: Iterable[ChatGenerationChunk]) -> AIMessageChunk:
    """The message that they add up to."""
    first, *others = [part.message for part in chunks]
    message = first.__add__(others) if others else first
    assert isinstance(message, AIMessageChunk)
    return message
