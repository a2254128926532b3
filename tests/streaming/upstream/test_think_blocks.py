"""Reasoning that a model writes into its text is told from the text, and code is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.upstream.think_blocks import _MOST_MODELS, ThinkBlocks, ThinkingModels


def part(*pieces: str, thinks_from_the_start: bool = False) -> tuple[str, str]:
    """The reasoning and the text of a reply that came in these pieces."""
    blocks = ThinkBlocks(thinks_from_the_start=thinks_from_the_start)
    parts = [*(blocks.feed(piece) for piece in pieces), blocks.end()]
    return "".join(reasoning for reasoning, _ in parts), "".join(text for _, text in parts)


@pytest.mark.parametrize("tag", ["think", "thinking"])
def test_a_block_at_the_start_is_reasoning(tag: str) -> None:
    assert part(f"\n<{tag}>\nTwo and two.\n</{tag}>\n\nFour.") == ("Two and two.", "Four.")


def test_a_block_that_is_never_closed_is_reasoning() -> None:
    assert part("<think>Two and", " two") == ("Two and two", "")


def test_text_without_tags_is_handed_on_at_once() -> None:
    blocks = ThinkBlocks()

    assert [blocks.feed(piece) for piece in ("Four", " < five", ".")] == [
        ("", "Four"),
        ("", " < five"),
        ("", "."),
    ]


def test_what_may_become_a_tag_waits_for_the_next_piece() -> None:
    blocks = ThinkBlocks()

    assert [blocks.feed(piece) for piece in ("Four", " </", "b>")] == [("", "Four"), ("", " "), ("", "</b>")]


def test_what_came_before_a_closing_tag_was_reasoning_if_none_of_it_was_shown() -> None:
    assert part("Two and two.\n</thi", "nk>\n\nFour.") == ("Two and two.", "Four.")


def test_a_closing_tag_after_what_was_shown_is_taken_out() -> None:
    assert part("Two ", "and two.\n", "</think>", "\n\nFour.") == ("", "Two and two.\nFour.")


@pytest.mark.parametrize(
    "text",
    [
        "Write `<think>draft</think>` there.",
        "A fence:\n```\n</think>\n```\nis code.",
        "The </think> tag ends it.",
        "<thinker> is a word",
        "a <b> c",
    ],
)
def test_a_text_about_the_tags_keeps_them(text: str) -> None:
    assert part(text) == ("", text)
    assert part(*text) == ("", text)


def test_a_quoted_tag_does_not_end_reasoning() -> None:
    assert part("<think>They want `</think>` in it.</think>Like this.") == (
        "They want `</think>` in it.",
        "Like this.",
    )


def test_a_model_that_is_known_to_think_reasons_from_the_start() -> None:
    blocks = ThinkBlocks(thinks_from_the_start=True)

    assert blocks.feed("Two and") == ("Two and", "")
    assert blocks.feed(" two.\n</think>\n\nFour.") == (" two.", "Four.")
    assert blocks.closed_only


def test_a_reply_that_was_no_reasoning_after_all_is_text_too() -> None:
    blocks = ThinkBlocks(thinks_from_the_start=True)

    assert blocks.feed("Four.") == ("Four.", "")
    assert blocks.end() == ("", "Four.")
    assert blocks.never_closed


def test_a_model_is_known_by_its_last_reply_and_too_many_are_forgotten() -> None:
    models = ThinkingModels()
    closed, unclosed = ThinkBlocks(), ThinkBlocks(thinks_from_the_start=True)
    closed.closed_only, unclosed.never_closed = True, True

    for number in range(_MOST_MODELS + 1):
        models.learn(("server", str(number)), closed)
    assert ("server", "0") not in models
    assert ("server", "1") in models

    models.learn(("server", "1"), unclosed)
    assert ("server", "1") not in models


@given(st.text(alphabet="ab <\n", max_size=40), st.text(alphabet="ab <\n", max_size=40), st.data())
def test_a_block_is_found_however_it_is_cut(thought: str, answer: str, data: st.DataObject) -> None:
    reply = f"<think>{thought}</think>{answer}"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(reply)), max_size=8)))
    pieces = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True)]

    assert part(*pieces) == (thought.strip(), answer.lstrip())
