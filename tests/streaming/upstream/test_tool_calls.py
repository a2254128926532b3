"""Calls are put together right from what servers make of them, or refused; never mixed up."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.upstream import tool_calls
from streaming.upstream.asked import Asked
from streaming.upstream.chat_completions import ChatReader
from streaming.upstream.tool_calls import (
    NAMELESS,
    ToolCalls,
    UnreadableCall,
    arguments_object,
    optional_tools,
)

Fragment = dict[str, Any]


def piece(
    arguments: Any = None,
    *,
    index: Any = None,
    id: Any = None,  # noqa: A002 - the field's name
    name: Any = None,
) -> Fragment:
    fields = {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in fields.items() if value is not None}


def assembled(*fragments: Any) -> list[tuple[str | None, str | None, Any]]:
    """Id, name and arguments of each call."""
    calls = ToolCalls()
    for fragment in fragments:
        calls.take([fragment])
    return [(call["id"], call["name"], json.loads(call["args"] or "")) for call in calls.finished()]


OSLO, LIMA = '{"city":"Oslo"}', '{"city":"Lima"}'
BOTH = [("a", "look_up", {"city": "Oslo"}), ("b", "look_up", {"city": "Lima"})]


@pytest.mark.parametrize(
    "fragments",
    [
        [
            piece(index=0, id="a", name="look_up"),
            piece('{"city":', index=0),
            piece('"Oslo"}', index=0),
            piece(index=1, id="b", name="look_up"),
            piece(LIMA, index=1),
        ],
        [piece(OSLO, id="a", name="look_up"), piece(LIMA, id="b", name="look_up")],
        [piece(OSLO, index=0, id="a", name="look_up"), piece(LIMA, index=0, id="b", name="look_up")],
        [
            piece(index=0, id="a", name="look_up"),
            piece(OSLO, index=0),
            piece(index=0, id="b", name="look_up"),
            piece(LIMA, index=1),
        ],
        [
            piece(index=0, id="a", name="look_up"),
            piece(index=0, id="b", name="look_up"),
            piece(LIMA, index=1),
            piece(OSLO, index=0),
        ],
        [
            piece("", index=0, id="a", name="look_up"),
            piece("", index=1, id="b", name="look_up"),
            piece('{"city":', index=1),
            piece('{"city":', index=0),
            piece('"Oslo"}', index=0),
            piece('"Lima"}', index=1),
        ],
        [
            piece('{"ci', index=0, id="a", name="look_up"),
            piece('ty":"Oslo"}', index=0, id="a", name="look_up"),
            piece('{"ci', index=0, id="b", name="look_up"),
            piece('ty":"Lima"}', index=0, id="b", name="look_up"),
        ],
        [piece(OSLO, index="0", id="a", name="look_up"), piece(LIMA, index="1", id="b", name="look_up")],
        [piece({"city": "Oslo"}, id="a", name="look_up"), piece({"city": "Lima"}, id="b", name="look_up")],
    ],
    ids=[
        "as the protocol has it",
        "no index",
        "one index for two whole calls",
        "the second head under the first's index",
        "both heads under one index",
        "woven into each other",
        "id and name in every piece",
        "the index as text",
        "arguments as objects",
    ],
)
def test_two_calls_keep_their_own_arguments(fragments: list[Fragment]) -> None:
    assert assembled(*fragments) == BOTH


@pytest.mark.parametrize(
    "fragments",
    [
        [piece(index=0, name="look_up"), piece(OSLO, index=0, id="a")],
        [piece(index=0, id="a"), piece(index=0, name="look_up"), piece(OSLO, index=0)],
        [piece(index=0, id="a", name="look"), piece(index=0, name="_up"), piece(OSLO, index=0)],
        [piece(index=0, id="a", name="look"), piece(OSLO, index=0, name="look_up")],
        [piece(index=0, id="a", name="look_up"), piece('{"city":', index=1), piece('"Oslo"}', index=2)],
        [piece(OSLO, index=0, id="a", name="look_up"), piece(OSLO, index=0, id="a", name="look_up")],
        [
            piece('{"city":', index=0, id="a", name="look_up"),
            piece('"Oslo"}', index=0, id="x", name="look_up"),
        ],
        [piece(OSLO, index=0, id="a", name="look_up"), piece("", index=0, id="", name="")],
        [piece("", index=0), None, "noise", piece(OSLO, index=0, id="a", name="look_up")],
    ],
    ids=[
        "the id late",
        "the name late",
        "the name in pieces",
        "the name growing",
        "another index in every piece",
        "said twice",
        "another id in every piece",
        "an empty piece after it",
        "noise before it",
    ],
)
def test_one_call_is_one_call(fragments: list[Fragment]) -> None:
    assert assembled(*fragments) == BOTH[:1]


def test_calls_without_ids_get_some_and_stay_apart() -> None:
    (first, *rest), (second, *others) = assembled(piece(OSLO, name="look_up"), piece(LIMA, name="look_up"))

    assert first
    assert second
    assert first != second
    assert [rest, others] == [["look_up", {"city": "Oslo"}], ["look_up", {"city": "Lima"}]]


@pytest.mark.parametrize("nothing", [None, "", " ", "null", "{}", '"{}"', '""', "[]", {}])
def test_no_arguments_are_an_empty_object(nothing: Any) -> None:
    assert assembled(piece(nothing, id="a", name="now"))[0] == ("a", "now", {})


@pytest.mark.parametrize("text", [json.dumps(OSLO), json.dumps(json.dumps(OSLO)), '{"city":"Os\tlo"}'])
def test_arguments_that_were_encoded_oddly_are_read(text: str) -> None:
    assert assembled(piece(text, id="a", name="look_up"))[0][2]["city"].replace("\t", "") == "Oslo"


@pytest.mark.parametrize("text", ['["Oslo"]', "7", '"Oslo"', '{"city": "Os', '{"city"}', OSLO + LIMA, "Oslo"])
def test_arguments_that_are_no_object_never_reach_a_tool(text: str) -> None:
    calls = ToolCalls()
    calls.take([piece(text, id="a", name="look_up")])

    assert calls.finished()[0]["args"] == "{}"
    with pytest.raises(UnreadableCall):
        calls.finished(optional={"look_up"})


def test_a_call_without_a_name_is_of_a_tool_that_there_is_not() -> None:
    assert assembled(piece(OSLO, id="a"))[0][1] == NAMELESS


def test_arguments_are_handed_on_as_they_come_where_they_begin_as_an_object() -> None:
    calls = ToolCalls()
    said = []
    for fragment in (
        piece(index=0, id="a", name="form"),
        piece('{"ci', index=0),
        piece('ty": "Oslo"}', index=0),
    ):
        calls.take([fragment])
        said += calls.news()

    assert [(call["id"], call["name"], call["args"]) for call in said + calls.finished()] == [
        ("a", "form", '{"ci'),
        (None, None, 'ty": "Oslo"}'),
    ]


def test_long_arguments_are_handed_on_in_few_pieces() -> None:
    calls, said, whole = ToolCalls(), [], json.dumps({"text": "x" * 60_000})
    calls.take([piece(index=0, id="a", name="form")])
    for at in range(0, len(whole), 4):
        calls.take([piece(whole[at : at + 4], index=0)])
        said += calls.news()

    assert 60 < len(said) < 300
    assert "".join(call["args"] or "" for call in said + calls.finished()) == whole


def test_a_form_is_given_in_few_chunks_signs_of_life_among_them() -> None:
    whole = json.dumps({"text": "x" * 60_000})
    asked = Asked.of({"tool_choice": {"type": "function", "function": {"name": "form"}}})
    reader = ChatReader(asked, httpx2.Request("POST", "http://localhost/"))
    given = 0
    for at in range(0, len(whole), 4):
        call = piece(whole[at : at + 4], index=0, id="a", name="form")
        reader.take({"choices": [{"delta": {"tool_calls": [call]}}]})
        given += len(reader.given())

    # A sign for each second that this takes.
    assert given < 500


def test_a_name_in_every_piece_does_not_have_all_of_them_read_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def note(text: str) -> dict[str, Any] | None:
        read.append(len(text))
        return arguments_object(text)

    monkeypatch.setattr(tool_calls, "arguments_object", note)
    whole = json.dumps({"text": "x" * 6_000})

    made = assembled(*(piece(whole[at : at + 4], name="form") for at in range(0, len(whole), 4)))

    assert [(name, arguments) for _, name, arguments in made] == [("form", json.loads(whole))]
    assert sum(read) < 10 * len(whole)


def test_tools_that_need_nothing_are_those_with_optional_parameters_alone() -> None:
    def tool(name: str, **parameters: Any) -> dict[str, Any]:
        return {"type": "function", "function": {"name": name, "parameters": parameters}}

    some = {"city": {"type": "string"}}
    tools = [tool("now"), tool("all", properties=some), tool("one", properties=some, required=["city"]), {}]

    assert optional_tools(tools) == {"all"}
    assert optional_tools(None) == set()


anything: st.SearchStrategy[Any] = (
    st.none()
    | st.just("")
    | st.integers(-1, 2)
    | st.booleans()
    | st.sampled_from(["a", "b", OSLO, "0"])
    | st.just([])
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "index": anything,
                "id": anything,
                "extra_content": anything,
                "function": anything
                | st.fixed_dictionaries({}, optional={"name": anything, "arguments": anything}),
            },
        ),
        max_size=6,
    )
)
def test_whatever_comes_every_call_has_an_id_a_name_and_an_object(fragments: list[Fragment]) -> None:
    for id_, name, arguments in assembled(*fragments):
        assert id_
        assert name
        assert isinstance(arguments, dict)
