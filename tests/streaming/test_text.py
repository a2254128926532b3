"""Text that a store and an encoder take, however the provider cut it."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from streaming.text import TextCleaner

ANY_TEXT = st.text(st.characters())  # surrogates and NUL included


def clean(pieces: list[str]) -> str:
    cleaner = TextCleaner()
    return "".join([*map(cleaner.feed, pieces), cleaner.flush()])


def test_a_pair_that_was_split_is_joined() -> None:
    assert clean(["a\ud83d", "\ude00b"]) == "a\U0001f600b"


def test_a_half_without_its_other_half_is_replaced() -> None:
    assert clean(["\ud83d", "x", "\ude00"]) == "\ufffdx\ufffd"
    assert clean(["\ud83d"]) == "\ufffd"


def test_nul_is_replaced() -> None:
    assert clean(["a\0b"]) == "a\ufffdb"


@given(st.lists(ANY_TEXT))
def test_clean_text_can_be_encoded_and_has_no_nul(pieces: list[str]) -> None:
    text = clean(pieces)

    text.encode()
    assert "\0" not in text


@given(st.lists(st.text()))
def test_well_formed_text_stays_as_it_is(pieces: list[str]) -> None:
    assert clean(pieces) == "".join(pieces).replace("\0", "\ufffd")


@given(ANY_TEXT, st.lists(st.integers(0, 50)))
def test_where_the_text_was_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]

    assert clean(pieces) == clean([text])
