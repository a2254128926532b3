"""A file that is not one of ours is refused with a sentence that says what is wrong with which item."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from chatsite.chat.portable import check
from chatsite.chat.portable.check import Most, Refused, checked
from chatsite.chat.transcript import Transcript
from streaming.events import Documents, End, Event, Output, Reasoning, Token, ToolEnd, ToolStart, ToolText

NOW = datetime(2026, 11, 30, tzinfo=UTC)
MOST = Most(conversations=3, messages=5, characters=1000, title=80, instructions=100)
TIME = "2026-01-31T12:00:00+00:00"
QUESTION = {"id": 1, "parent": None, "role": "user", "content": "Hi", "status": "done", "created": TIME}
REPLY = {"id": 2, "parent": 1, "role": "assistant", "content": "Yes.", "status": "done", "created": TIME}
WHOLE = {
    "format": "streaming-chat",
    "version": 1,
    "conversations": [
        {"title": "Talk", "created": TIME, "updated": TIME, "messages": [QUESTION, REPLY]},
    ],
}

Change = Callable[[Any], object]


def told(content: bytes | object) -> str:
    """Why the content is refused."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(Refused) as refusal:
        checked(raw, MOST, now=NOW)
    return str(refusal.value)


def test_the_file_as_it_is_can_be_imported() -> None:
    (talk,) = checked(json.dumps(WHOLE).encode(), MOST, now=NOW)
    assert [message["content"] for message in talk["messages"]] == ["Hi", "Yes."]
    assert checked(b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(), MOST, now=NOW) == [talk]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"PK\x03\x04",
        b'{"mapping": {}, "title": "From elsewhere"}',
        b'{"format": "streaming-chat", "version": NaN}',
        b'{"format": ' + b"1" * 5000 + b"}",
    ],
)
def test_another_file_is_not_ours(content: bytes) -> None:
    assert told(content) == check._OTHER_FILE


def test_settings_of_a_conversation_are_read() -> None:
    given = {"instructions": "Rhyme.", "temperature": 1, "more": "?"}
    whole = deepcopy(WHOLE)
    first(whole)["settings"] = given
    (talk,) = checked(json.dumps(whole).encode(), MOST, now=NOW)
    assert talk["settings"] == {"instructions": "Rhyme.", "model": "", "temperature": 1, "max_tokens": None}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("instructions", "x" * 101, "“instructions” has 101 characters. At most 100 can be imported."),
        ("model", 5, "“model” is not a text."),
        ("temperature", 2.5, "“temperature” is not a number from 0 to 2."),
        ("temperature", True, "“temperature” is not a number from 0 to 2."),
        ("max_tokens", -1, "“max_tokens” is not a whole number from 0 to 2,147,483,647."),
    ],
)
def test_settings_that_cannot_hold_are_refused(name: str, value: object, why: str) -> None:
    whole = deepcopy(WHOLE)
    first(whole)["settings"] = {name: value}
    assert told(whole) == f"Chat 1, settings: {why}"


def test_another_version_is_said_to_be_one() -> None:
    assert "It was exported by a newer site." in told(WHOLE | {"version": 2})


def first(whole: Any) -> Any:
    return whole["conversations"][0]


def reply(whole: Any) -> Any:
    return first(whole)["messages"][1]


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda whole: whole.update(conversations=[]), "There is no chat in the file."),
        (lambda whole: whole.update(conversations={}), "The file: “conversations” is not a list of objects."),
        (
            lambda whole: whole.update(conversations=[1]),
            "The file: “conversations” is not a list of objects.",
        ),
        (
            lambda whole: whole.update(conversations=whole["conversations"] * 4),
            "The file: it has 4 chats. At most 3 can be imported.",
        ),
        (
            lambda whole: whole.update(conversations=whole["conversations"] * 3),
            "The file: it has more messages than can be imported at once, which is 5.",
        ),
        (lambda whole: first(whole).pop("title"), "Chat 1: “title” is not a text."),
        (lambda whole: first(whole).update(title=""), "Chat 1: “title” is empty."),
        (
            lambda whole: first(whole).update(title="x" * 81),
            "Chat 1: “title” has 81 characters. At most 80 can be imported.",
        ),
        (
            lambda whole: first(whole).update(assistant="../x"),
            "Chat 1: “assistant” is not a name of letters, digits, - and _, of 50 at most.",
        ),
        (
            lambda whole: first(whole).update(created="yesterday"),
            "Chat 1: “created” is not a time such as 2026-01-31T12:00:00Z.",
        ),
        (
            lambda whole: first(whole).update(updated="2027-01-01T00:00:00Z"),
            "Chat 1: “updated” is in the future, or before 1970.",
        ),
        (
            lambda whole: first(whole).update(updated="0001-01-01T00:00:00+14:00"),
            "Chat 1: “updated” is not a time such as 2026-01-31T12:00:00Z.",
        ),
        (lambda whole: first(whole).update(pinned="yes"), "Chat 1: “pinned” is neither true nor false."),
        (lambda whole: first(whole).pop("messages"), "Chat 1: “messages” is not a list of objects."),
        (
            lambda whole: reply(whole).update(role="system"),
            "Chat 1, message 2: “role” is none of user, assistant.",
        ),
        (
            lambda whole: reply(whole).update(status="running"),
            "Chat 1, message 2: “status” is none of done, waiting, stopped, failed, interrupted.",
        ),
        (lambda whole: reply(whole).pop("content"), "Chat 1, message 2: “content” is not a text."),
        (
            lambda whole: reply(whole).update(content="x" * 1001),
            "Chat 1, message 2: “content” has 1,001 characters. At most 1,000 can be imported.",
        ),
        (
            lambda whole: reply(whole).update(content="a\0b"),
            "Chat 1, message 2: “content” has a character that cannot be stored.",
        ),
        (
            lambda whole: reply(whole).update(content="\ud800"),
            "Chat 1, message 2: “content” has a character that cannot be stored.",
        ),
        (
            lambda whole: reply(whole).update(id=1),
            "Chat 1, message 2: another message of the chat has the same id.",
        ),
        (
            lambda whole: reply(whole).update(id="5a1e"),
            "Chat 1, message 2: “id” is not a whole number from 0 to 2,147,483,647.",
        ),
        (
            lambda whole: reply(whole).update(id=True),
            "Chat 1, message 2: “id” is not a whole number from 0 to 2,147,483,647.",
        ),
        (lambda whole: reply(whole).pop("id"), "Chat 1, message 2: “id” is missing."),
        (
            lambda whole: reply(whole).update(parent=2),
            "Chat 1, message 2: “parent” is not the id of an earlier message of the chat.",
        ),
        (
            lambda whole: reply(whole).update(parent=None),
            "Chat 1, message 2: a reply has to answer a message of yours.",
        ),
        (
            lambda whole: first(whole)["messages"].append(REPLY | {"id": 3, "parent": 2}),
            "Chat 1, message 3: a reply has to answer a message of yours.",
        ),
        (
            lambda whole: reply(whole).update(continued=1),
            "Chat 1, message 2: “continued” is not the id of an earlier reply of the chat.",
        ),
        (
            lambda whole: reply(whole).update(usage={"input_tokens": -1}),
            "Chat 1, message 2, usage: “input_tokens” is not a whole number from 0 to 2,147,483,647.",
        ),
        (lambda whole: reply(whole).update(details=[]), "Chat 1, message 2: “details” is not an object."),
        (
            lambda whole: reply(whole).update(details={"reasoning": 1}),
            "Chat 1, message 2, details: “reasoning” is not a text.",
        ),
        (
            lambda whole: reply(whole).update(details={"steps": [{"id": 1}]}),
            "Chat 1, message 2, details, steps 1: “id” is not a text.",
        ),
        (
            lambda whole: reply(whole).update(details={"documents": [{}, {"source": []}]}),
            "Chat 1, message 2, details, documents 2: “source” is not a text.",
        ),
        (
            lambda whole: reply(whole).update(details={"output": deep(60)}),
            "Chat 1, message 2, details: it has lists within lists, more than 40 deep.",
        ),
        (
            lambda whole: reply(whole).update(details={"output": {"a\0": 1}}),
            "Chat 1, message 2, details: a text has a character that cannot be stored.",
        ),
    ],
)
def test_what_is_wrong_is_said_of_which_item(change: Change, sentence: str) -> None:
    whole = deepcopy(WHOLE)
    change(whole)
    assert told(whole) == sentence


def test_a_number_that_is_none_is_refused() -> None:
    content = json.dumps(WHOLE).replace('"status"', '"details": {"output": 1e999}, "status"', 1)
    assert told(content.encode()) == "Chat 1, message 1, details: a number is too large."


def test_a_file_that_is_nested_without_end_is_refused() -> None:
    job = {
        "most": {"conversations": 3, "messages": 5, "characters": 1, "title": 1, "instructions": 1},
        "now": NOW.isoformat(),
    }
    answer = check.work(job, b'{"format":' + b"[" * 1_000_000)
    assert answer["refused"]["sentence"] == "The file has lists within lists, too many to be read."


def test_what_is_not_known_is_left_out() -> None:
    """What a model's server wants back is not taken from strangers."""
    whole = deepcopy(WHOLE)
    reply(whole).update(run_id="x", user=1, details={"sent_back": {"a": 1}, "html": "<b>"})
    (talk,) = checked(json.dumps(whole).encode(), MOST, now=NOW)
    assert talk["messages"][1]["details"] == {}
    assert not talk["messages"][1].keys() & {"run_id", "user"}


def test_every_detail_of_a_reply_is_known() -> None:
    events: list[Event] = [
        Token(text="Hi"),
        Reasoning(text="Hm."),
        ToolStart(call_id="1", name="a", input={}),
        ToolText(call_id="1", text="b"),
        ToolEnd(call_id="1", name="a", output="c"),
        Documents(documents=[{"id": "1", "title": "t", "source": "s", "text": "x"}]),
        Output(patch=[{"op": "replace", "path": "", "value": {"a": 1}}]),
        End(status="waiting", asked=[{"id": "q", "value": 1}]),
    ]
    details = Transcript.of(events).details
    whole = deepcopy(WHOLE)
    reply(whole)["details"] = details
    (talk,) = checked(json.dumps(whole).encode(), MOST, now=NOW)
    assert talk["messages"][1]["details"] == details
