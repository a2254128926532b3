"""What a word without blanks around it is cut into."""

from hypothesis import given
from hypothesis import strategies as st

from chatsite.documents.unspaced import is_single, parts_in, parts_of


def test_a_passage_is_cut_into_pairs_and_each_runs_last_character() -> None:
    assert parts_in("看长城。我用Python写。") == "看长 长城 城 我用 用 python 写".replace("python", "Python")


def test_text_with_blanks_between_its_words_has_no_parts() -> None:
    assert parts_in("Größe, числа и x_y " * 100) == ""


def test_a_question_is_cut_into_pairs() -> None:
    assert parts_of("长城python茶") == ["长城", "python", "茶"]
    assert parts_of("wall") == ["wall"]
    assert [is_single(part) for part in ("茶", "长城", "x", "")] == [True, False, False, False]


@given(st.text(alphabet="茶长城タกิx1 ", max_size=30))
def test_every_part_of_a_question_is_in_a_passage_that_has_its_words(text: str) -> None:
    there = parts_in(text).split()
    for word in text.split():
        for part in parts_of(word):
            assert part == word or part in there or any(each.startswith(part) for each in there)
