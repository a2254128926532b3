"""The encoder, byte by byte."""

import json
from typing import Any

import pytest

from streaming.events import (
    BaseEvent,
    Documents,
    End,
    Error,
    Event,
    Output,
    Reasoning,
    Start,
    Token,
    ToolEnd,
    ToolStart,
    Usage,
)
from streaming.response import sse


@pytest.mark.parametrize(
    ("event", "frame"),
    [
        (
            Start(run="r", conversation="c", message="m", model="x", id=1),
            'id: 1\nevent: start\ndata: {"run":"r","conversation":"c","message":"m","model":"x"}\n\n',
        ),
        (Token("Hi", id=2), 'id: 2\nevent: token\ndata: {"text":"Hi"}\n\n'),
        (Reasoning("hm", id=3), 'id: 3\nevent: reasoning\ndata: {"text":"hm"}\n\n'),
        (
            ToolStart("call_1", "add", {"a": 1}, id=4),
            'id: 4\nevent: tool-start\ndata: {"id":"call_1","name":"add","input":{"a":1}}\n\n',
        ),
        (
            ToolEnd("call_1", "add", output=2, id=5),
            'id: 5\nevent: tool-end\ndata: {"id":"call_1","name":"add","output":2}\n\n',
        ),
        (
            ToolEnd("call_1", "add", error="No.", id=5),
            'id: 5\nevent: tool-end\ndata: {"id":"call_1","name":"add","error":"No."}\n\n',
        ),
        (
            Documents([{"id": "1", "title": "t", "source": "s", "text": "x"}], id=6),
            "id: 6\nevent: documents\n"
            'data: {"documents":[{"id":"1","title":"t","source":"s","text":"x"}]}\n\n',
        ),
        (
            Output([{"op": "add", "path": "/a", "value": 1}], id=7),
            'id: 7\nevent: output\ndata: {"patch":[{"op":"add","path":"/a","value":1}]}\n\n',
        ),
        (
            End(
                status="failed",
                usage=Usage(1, 2, "estimated"),
                error=Error("timeout", "Late.", retryable=True),
                id=8,
            ),
            'id: 8\nevent: end\ndata: {"status":"failed","finish_reason":null,'
            '"usage":{"input_tokens":1,"output_tokens":2,"source":"estimated"},'
            '"error":{"code":"timeout","message":"Late.","retryable":true}}\n\n',
        ),
    ],
    ids=lambda value: value.event if isinstance(value, BaseEvent) else "",
)
def test_each_event_is_one_frame(event: Event, frame: str) -> None:
    assert sse.encode(event) == frame.encode()


@pytest.mark.parametrize("text", ["a\nb", "a\r\n\r\nevent: end", "\rid: 9", "\u2028", "\x85", ": no comment"])
def test_text_cannot_break_out_of_its_frame(text: str) -> None:
    frame = sse.encode(Token(text, id=1)).decode()

    assert frame.count("\n\n") == 1
    assert "\r" not in frame
    name, event, data, *rest = frame.split("\n")
    assert (name, event, rest) == ("id: 1", "event: token", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {"text": text}


def test_what_the_log_has_not_numbered_moves_no_readers_cursor() -> None:
    assert sse.encode(Token("Hi")) == b'event: token\ndata: {"text":"Hi"}\n\n'


def test_a_comment_is_skipped_by_readers() -> None:
    assert sse.comment("heartbeat") == b": heartbeat\n\n"
    assert sse.comment("two\nlines") == b": two\n: lines\n\n"


def test_a_frame_is_made_once_for_all_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Event] = []
    data = Token.data

    def note(event: Token) -> dict[str, Any]:
        made.append(event)
        return data(event)

    monkeypatch.setattr(Token, "data", note)
    token = Token("Hi", id=1)

    assert sse.encode(token) == sse.encode(token)
    assert len(made) == 1


def test_a_frame_is_sent_as_it_is_line_by_line() -> None:
    frame = sse.Frame("token", "<p>\r\n a\rb\u2028\n</p>", id=3)

    expected = "id: 3\nevent: token\ndata: <p>\ndata:  a\ndata: b\u2028\ndata: </p>\n\n"
    assert sse.encode(frame) == expected.encode()


def test_a_frame_without_text_has_data_all_the_same() -> None:
    assert sse.encode(sse.Frame("end", "")) == b"event: end\ndata: \n\n"
    assert sse.encode(sse.Frame("", "<p>")) == b"data: <p>\n\n"
