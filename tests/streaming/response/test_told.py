"""A reader is told in their own language what went wrong; the log stays as it is."""

import threading

import pytest
from django.utils import translation

from streaming import EventStreamResponse
from streaming.errors import TIMEOUT_IDLE, with_places
from streaming.events import End, Event, Token, ToolEnd

FAILED = End("failed", error=TIMEOUT_IDLE, id=3)
EVENTS: list[Event] = [
    Token("Hi", id=1),
    ToolEnd("1", "add", error="The tool failed (KeyError).", id=2),
    FAILED,
]


def told(language: str) -> str:
    """What a reader is sent whose request was in that language, whatever the thread speaks that sends it."""
    with translation.override(language):
        response = EventStreamResponse(list(EVENTS))
    sent: list[bytes] = []
    sender = threading.Thread(target=lambda: sent.extend(response))
    sender.start()
    sender.join()
    return b"".join(sent).decode()


def test_errors_are_in_the_language_of_the_request() -> None:
    chinese = told("zh-hans")
    assert "模型在回复中途没有了响应。" in chinese
    assert "工具出错了（KeyError）。" in chinese  # noqa: RUF001
    assert "id: 3\nevent: end" in chinese

    english = told("en")
    assert TIMEOUT_IDLE.message in english
    assert "The tool failed (KeyError)." in english


def test_the_event_itself_stays_english() -> None:
    told("zh-hans")
    assert FAILED.error == TIMEOUT_IDLE


def test_a_place_comes_once() -> None:
    with pytest.raises(ValueError, match="comes twice"):
        with_places("{kind} and {kind}")
