"""JSON is read while it is written, in one pass, whatever a model puts around it or into it."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.growing_json import LONGEST_SCALAR, MOST_DEPTH, GrowingJson

WHOLE = (
    r'{"title":"A\\B","body":"one\ntwo \u4e2d\u6587 \ud83d\ude00 end","n":-1.5e3,"ok":true,'
    r'"list":[1,2,{"k":null}],"none":[],"empty":{}}'
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


def read(*pieces: str) -> GrowingJson:
    growing = GrowingJson()
    for piece in pieces:
        growing.feed(piece)
    return growing


def grows_into(before: Any, after: Any) -> bool:
    if isinstance(before, dict):
        return isinstance(after, dict) and all(
            key in after and grows_into(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list):
        return (
            isinstance(after, list)
            and len(before) <= len(after)
            and all(map(grows_into, before, after[: len(before)]))
        )
    return after.startswith(before) if isinstance(before, str) else bool(before == after)


def test_fed_one_character_at_a_time_nothing_is_ever_lost() -> None:
    growing, before = GrowingJson(), None
    for character in WHOLE:
        growing.feed(character)
        assert before is None or grows_into(before, growing.value)
        json.dumps(growing.value, ensure_ascii=False).encode()
        before = deepcopy(growing.value)
    assert growing.is_complete
    assert growing.value == json.loads(WHOLE)


@given(value=st.dictionaries(st.text(), VALUES), size=st.integers(1, 9), ascii_only=st.booleans())
def test_any_object_is_read_however_it_is_cut(value: dict[str, Any], size: int, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)

    growing = read(*(text[at : at + size] for at in range(0, len(text), size)))

    assert growing.is_complete
    assert growing.value == value


def test_prose_and_fences_around_it_are_no_part_of_it() -> None:
    form = '{"answer": "```py\\nx\\n```", "refs": [1]}'
    text = f"Sure, here `it` is [draft], {{or}}:\n\n```json\n{form}\n```\nSee {{more}}."

    assert read(*text).value == read(text).value == {"answer": "```py\nx\n```", "refs": [1]}


@pytest.mark.parametrize("before", ["", " \n", "```\n", "Here:\n```json\n", "`a` ``b`` ```js "])
def test_a_list_is_read_where_the_text_or_a_fence_begins_with_it(before: str) -> None:
    text = f'{before}[1, {{"a": []}}] and [2]'

    assert read(*text).value == read(text).value == [1, {"a": []}]


@pytest.mark.parametrize("before", ["[draft] ", "As in [1]: ", "```\n[note]\n``` ", "Sure [1, 2] "])
def test_brackets_in_prose_are_no_list(before: str) -> None:
    text = before + '{"a": 1}'

    assert read(*text).value == read(text).value == {"a": 1}


def test_what_json_does_not_have_is_null() -> None:
    assert read('{"a": [NaN, -Infinity]}').value == {"a": [None, None]}


def test_a_copy_stays_as_it_is() -> None:
    growing = read('{"a": [{"b": "c')
    copy = growing.copy()
    growing.feed('d"}], "e": 1}')

    assert copy == {"a": [{"b": "c"}]}


def test_copies_are_due_in_proportion_to_what_is_in_them() -> None:
    growing, copied = GrowingJson(), 0
    growing.feed('{"a": [')
    for _ in range(10_000):
        growing.feed("1,")
        if growing.is_due:
            copied += len(growing.copy()["a"])

    assert copied < 16 * 2 * 10_000


def test_control_characters_in_strings_are_taken() -> None:
    assert read('{"code": "if x:\r\n\ty = 1"}').value == {"code": "if x:\r\n\ty = 1"}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": x}',
        '{"a" 1}',
        '{"a": 1 2}',
        '{"a": [1}',
        '{"a": "\\u12x4"}',
        '{"": 1, a',
        '{"a": ' + "[" * MOST_DEPTH,
        '{"a": ' + "1" * (LONGEST_SCALAR + 1),
    ],
)
def test_what_is_no_json_is_given_up(text: str) -> None:
    growing = read(text)

    assert growing.is_broken
    assert not growing.is_complete


def test_half_a_pair_is_replaced() -> None:
    assert read(r'{"a": "\ud83d!"}').value == {"a": "\N{REPLACEMENT CHARACTER}!"}


@pytest.mark.parametrize("piece", ['"', "{", "[", "\\", "a", " ", "`", "{ ", '{"a":', '{"a":"', "1"])
@pytest.mark.parametrize("before", ["", "{", '{"a": ', '{"a": "'])
def test_each_character_is_looked_at_once(before: str, piece: str) -> None:
    growing = GrowingJson()
    growing.feed(before)
    looked_at = 0
    for character in piece * (20_000 // len(piece)):
        growing.feed(character)
        looked_at += 1 + len(growing._rest)

    assert looked_at < 20_000 + LONGEST_SCALAR**2
