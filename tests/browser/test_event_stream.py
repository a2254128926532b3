"""The page's own reader of event streams, cut wherever a network may cut it."""

import json
from collections.abc import Sequence

import pytest

from tests.browser.chat_page import ChatPage

PARSE = """async (chunks) => {
  const { EventParser } = await import("/static/streaming/sse.js");
  const parser = new EventParser();
  return chunks.flatMap((chunk) => [...parser.feed(chunk)]);
}"""

STREAM = (
    ": heartbeat\n\n"
    "id: 1\nevent: start\ndata: {}\n\n"
    "id:2\ndata:  two\ndata\ndata:lines\n\n"
    "id: 3\n\n"
    "event: block\ndata: \u2028 : x\nunknown: field\n\n"
    "id: 4\0\nretry: 10\nevent: end\ndata:\n\n"
    "data: never finished\n"
)
EVENTS = [
    {"type": "start", "data": "{}", "id": "1"},
    {"type": "message", "data": " two\n\nlines", "id": "2"},
    {"type": "block", "data": "\u2028 : x", "id": "3"},
    {"type": "end", "data": "", "id": "3"},
]


def parse(chat: ChatPage, chunks: Sequence[str]) -> object:
    return chat.page.evaluate(PARSE, chunks)


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"], ids=json.dumps)
def test_cutting_the_stream_anywhere_changes_no_event(chat: ChatPage, line_end: str) -> None:
    stream = STREAM.replace("\n", line_end)
    assert parse(chat, list(stream)) == EVENTS
    cuts = [[stream[:at], "", stream[at:]] for at in range(len(stream))]
    for chunks in cuts[:: 3 if line_end == "\n" else 1]:
        assert parse(chat, chunks) == EVENTS


def test_line_ends_may_be_mixed(chat: ChatPage) -> None:
    expected = [{"type": "message", "data": "a\nb", "id": ""}, {"type": "message", "data": "c", "id": ""}]
    assert parse(chat, ["data: a\r", "\ndata: b\r\n\r", "data: c\n\r", "\n"]) == expected
    assert parse(chat, ["data: a\r", "\n", "data: b\r", "\n", "\n", "data: c\n\n"]) == expected
