"""GrowingOutput: patches that a client applies, one by one, to have what the runnable gave."""

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.runnables.utils import AddableDict
from pydantic import BaseModel

from streaming.callbacks.outputs import GrowingOutput, Patch

BEGINNING = 8192
PER_CHARACTER = 16
"""Bytes of patches that an output may cost: to begin with, and for each character of the model's."""

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=20)
long_texts = st.text(characters, min_size=1, max_size=400)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
replacing = values.filter(lambda value: not isinstance(value, str))
"""Text adds up, any other value replaces the one before."""


class Client:
    """Applies patches as RFC 6902 says."""

    def __init__(self) -> None:
        self.value: Any = None
        self.states: list[Any] = []
        self.bytes = 0

    def apply(self, patch: Patch) -> None:
        if patch:
            on_the_wire = json.dumps(patch, ensure_ascii=False, allow_nan=False)
            self.bytes += len(on_the_wire.encode())
            self.value = jsonpatch.apply_patch(self.value, json.loads(on_the_wire))
            self.states.append(self.value)


def after(chunks: Iterable[Any]) -> Client:
    """A client that was sent each chunk of an output, and the rest."""
    output, client = GrowingOutput(), Client()
    for chunk in chunks:
        client.apply(output.add(chunk))
    client.apply(output.flush())
    return client


def as_json(value: Any) -> str:
    """The value, told apart from others that Python holds for equal: 1, 1.0 and true."""
    return json.dumps(value, sort_keys=True)


def changes(given: Iterable[Any]) -> list[str]:
    """The values without those that only repeat the one before."""
    written = [as_json(value) for value in given]
    return [value for before, value in zip([None, *written], written, strict=False) if value != before]


# What a client has


@given(st.lists(replacing, min_size=1, max_size=6))
def test_a_client_has_every_value_that_was_given_in_order(given_values: list[Any]) -> None:
    client = after(given_values)

    assert [as_json(state) for state in client.states] == changes(given_values)


@given(replacing, st.randoms(use_true_random=False))
def test_a_client_has_every_partial_value_of_the_json_parser(value: Any, random: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    pieces = cut(text, random)

    partial = list(JsonOutputParser().transform(iter(pieces)))

    assert [as_json(state) for state in after(partial).states] == changes(partial)


def cut(text: str, random: Any) -> list[str]:
    """The text in pieces of one to five characters."""
    pieces = []
    while text:
        length = random.randint(1, 5)
        pieces.append(text[:length])
        text = text[length:]
    return pieces


@given(st.lists(long_texts, min_size=1))
def test_over_its_budget_a_client_has_given_values_only(
    pieces: list[str],
) -> None:
    output, client = GrowingOutput(), Client()
    so_far = [{"text": "".join(pieces[: count + 1]) * 50} for count in range(len(pieces))]
    for value in so_far:
        client.apply(output.add(value))
    client.apply(output.flush())

    places = [so_far.index(state) for state in client.states]
    assert places == sorted(set(places))
    assert client.value == so_far[-1]


def test_nothing_given_is_nothing_sent() -> None:
    assert GrowingOutput().flush() == []


@pytest.mark.parametrize("value", [None, False, 0, [], {}], ids=repr)
def test_a_value_that_is_empty_is_a_value(value: Any) -> None:
    client = after([value])

    assert as_json(client.value) == as_json(value)
    assert client.states


def test_keys_with_slashes_and_tildes_arrive_as_they_are() -> None:
    assert after([{"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2, "": 3}}]).value == {"a/b": {"c~d": 2, "": 3}}


@pytest.mark.parametrize(("before", "then"), [(1, True), (False, 0), ({"a": [1]}, {"a": [True]})], ids=repr)
def test_what_python_holds_for_equal_is_a_change_all_the_same(before: Any, then: Any) -> None:
    assert as_json(after([before, then]).value) == as_json(then)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")], ids=repr)
def test_a_number_that_json_does_not_have_is_null(number: float) -> None:
    assert after([{"n": number}]).value == {"n": None}


def test_text_in_values_is_made_safe_to_store_and_to_send() -> None:
    assert after([{"a\0": "b\0", "c": ["\ud83d"]}]).value == {"a\ufffd": "b\ufffd", "c": ["\ufffd"]}


# What chunks add up to


def test_pieces_of_text_add_up() -> None:
    assert after(["one", " two", " three"]).states == ["one", "one two", "one two three"]


def test_dicts_that_langchain_adds_up_add_up() -> None:
    chunks = [AddableDict(left="a"), AddableDict(right="b"), AddableDict(left="c")]

    assert after(chunks).value == {"left": "ac", "right": "b"}


def test_any_other_value_replaces_the_one_before() -> None:
    assert after([{"a": 1, "b": 2}, {"a": 1}]).states == [{"a": 1, "b": 2}, {"a": 1}]


class Person(BaseModel):
    name: str


@dataclasses.dataclass
class Place:
    name: str


@pytest.mark.parametrize("value", [Person(name="Ada"), Place("Ada"), {"name": "Ada"}], ids=repr)
def test_models_and_dataclasses_are_data(value: Any) -> None:
    assert after([value]).value == {"name": "Ada"}


@pytest.mark.parametrize(
    "value",
    [AIMessage("hi"), [AIMessage("hi")], Document("text"), object()],
    ids=lambda value: type(value).__name__,
)
def test_messages_documents_and_objects_are_not(value: Any) -> None:
    assert after([value]).states == []


def test_of_a_dict_the_entries_that_are_data_are_sent() -> None:
    assert after([{"messages": [AIMessage("hi")], "answer": "yes"}]).value == {"answer": "yes"}


# The reply's own text. What of it is echo: test_echo.py


def test_text_that_is_only_passed_on_is_no_output() -> None:
    output = GrowingOutput()
    patches = []
    for piece in ("Hel", "lo"):
        output.wrote(piece, call="1")
        patches.append(output.add(piece))

    assert [*patches, output.flush()] == [[], [], []]


@pytest.mark.parametrize(
    ("written", "given_", "value"),
    [
        ([("1", "Hel"), ("1", "lo")], ["Hel", "LO"], "HelLO"),
        ([("1", "Hel"), ("1", "lo")], ["H", "ello", "", "!"], "Hello!"),
        ([("1", "A"), ("1", " B"), ("2", "C")], ["A", "C"], "AC"),
    ],
    ids=["changed", "with more", "a part"],
)
def test_changed_text_is_output_from_its_beginning(
    written: list[tuple[str, str]], given_: list[str], value: str
) -> None:
    output, client = GrowingOutput(), Client()
    for call, piece in written:
        output.wrote(piece, call=call)

    for chunk in given_:
        client.apply(output.add(chunk))

    assert client.value == value


# What it costs


def cost(length: int, *, piece: int = 4) -> int:
    """Bytes for an object with one long string that comes in pieces."""
    output, client = GrowingOutput(), Client()
    for end in range(piece, length + 1, piece):
        output.wrote("x" * piece, call="1")
        client.apply(output.add({"text": "x" * end}))
    client.apply(output.flush())
    assert client.value == {"text": "x" * length}
    return client.bytes


@pytest.mark.parametrize("length", [400, 4_000, 40_000])
def test_a_long_string_costs_bytes_in_proportion_to_its_length(length: int) -> None:
    one_too_many_and_the_last = 2 * (length + 100)

    assert cost(length) <= BEGINNING + PER_CHARACTER * length + one_too_many_and_the_last


def test_a_short_answer_shows_every_value() -> None:
    output, client = GrowingOutput(), Client()
    for end in range(1, 65):
        output.wrote("x", call="1")
        client.apply(output.add({"text": "x" * end}))

    assert len(client.states) == 64
