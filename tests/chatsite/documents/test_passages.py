"""Where a text is cut."""

from hypothesis import given
from hypothesis import strategies as st

from chatsite.documents.passages import OVERLAP, SIZE, Piece, Section, split


def pieces(*texts: str) -> list[Piece]:
    return list(split(Section(f"page {number}", text) for number, text in enumerate(texts, 1)))


def test_a_short_text_is_one_passage() -> None:
    assert pieces("Short.") == [Piece("page 1", "Short.", 0)]


def test_no_passage_crosses_a_section() -> None:
    assert [(piece.place, piece.text) for piece in pieces("One.", " \n", "Two.")] == [
        ("page 1", "One."),
        ("page 3", "Two."),
    ]


def test_a_cut_is_made_between_paragraphs_first() -> None:
    text = "A sentence. " * 60 + "\n\n" + "Another one. " * 60

    first, second = pieces(text)

    assert first.text == "A sentence. " * 60 + "\n\n"
    assert second.text == text[-len(second.text) :]


def test_a_cut_is_made_between_sentences_where_there_is_no_paragraph() -> None:
    for piece in pieces("It is a rather long sentence, is it not? " * 100)[:-1]:
        assert piece.text.startswith("It is")
        assert piece.text.endswith("not? ")


def test_a_passage_begins_with_the_last_sentence_of_the_one_before() -> None:
    first, second = pieces("It is a rather long sentence, is it not? " * 40)[:2]

    assert 0 < second.overlap <= OVERLAP
    assert first.text.endswith(second.text[: second.overlap])


def test_a_text_without_any_place_to_cut_is_cut_all_the_same() -> None:
    assert [len(piece.text) for piece in pieces("x" * 2_500)] == [SIZE, SIZE, 500]


@given(st.lists(st.text(alphabet="ab. \n\u3002?", max_size=3_000), max_size=3))
def test_nothing_is_lost_and_nothing_is_too_long(texts: list[str]) -> None:
    found = pieces(*texts)

    assert all(0 < len(piece.text) <= SIZE for piece in found)
    assert all(0 <= piece.overlap < len(piece.text) for piece in found)
    joined = "".join(piece.text[piece.overlap :] for piece in found)
    assert "".join(joined.split()) == "".join("".join(texts).split())
