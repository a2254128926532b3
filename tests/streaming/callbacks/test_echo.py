"""Echo: which text a step only passes on, of all that models wrote and steps gave out."""

import pytest

from streaming.callbacks.echo import Echo


def written_by(models: str) -> list[tuple[str, str]]:
    """What the calls "1", "2", ... wrote: their texts between slashes, in pieces between bars."""
    texts = models.split("/") if models else []
    return [(str(call), piece) for call, text in enumerate(texts, 1) for piece in text.split("|")]


TABLE = [
    # What the models wrote, what the step gave out, and how many of those pieces are passed on.
    ("Hel|lo", "Hel|lo", 2),
    ("Hel|lo", "H|ello", 2),
    ("Hel|lo", "Hello", 1),
    ("Hello", "He|llo", 2),
    ("Hel|lo", "He", 1),
    ("Hel|lo", "Hel||lo", 3),
    # Changed on the way, or the step's own.
    ("Hel|lo", "HEL", 0),
    ("Hel|lo", "Hel|LO", 1),
    ("Hel|lo", "Hello|!", 1),
    ("", "Hello", 0),
    # An earlier call went another way, into a prompt say.
    ("a question/Hel|lo", "H|ello|", 3),
    ("one/draft/two", "one|two", 2),
    # It began like the call that was passed on.
    ("The| question/The| answer", "The| answer", 2),
    ("The/The| answer", "The| answer", 2),
    ("The question/The| answer", "The| answer", 2),
    # A part of one call with the text of another was put together by the step.
    ("A| B/C", "A|C", 1),
    # All of one call, and then all of another.
    ("A/B", "A|B", 2),
    ("A/B", "AB", 1),
]


@pytest.mark.parametrize(("models", "step", "passed_on"), TABLE)
def test_only_text_of_the_models_is_passed_on(models: str, step: str, passed_on: int) -> None:
    echo = Echo()
    for call, piece in written_by(models):
        echo.wrote(piece, call=call)

    answers = []
    for piece in step.split("|"):
        answers.append(echo.passes_on(piece))
        if not answers[-1]:
            break

    assert answers == [True] * passed_on + [False] * (len(answers) - passed_on)
    assert echo.given == "".join(step.split("|")[:passed_on])


def test_models_may_write_while_the_step_passes_on() -> None:
    echo = Echo()
    answers = []
    for piece in ("Hel", "lo", " there"):
        echo.wrote(piece, call="1")
        answers.append(echo.passes_on(piece))

    assert answers == [True, True, True]


def test_branches_may_write_while_texts_are_compared() -> None:
    class Written(str):
        """A piece, at the sight of which a branch writes another one."""

        __slots__ = ()

        def __radd__(self, other: str) -> str:
            echo.wrote("more", call="2")
            return other + str(self)

    echo = Echo()
    echo.wrote(Written("Hello"), call="1")
    echo.wrote(Written(" there"), call="1")

    assert echo.passes_on("Hello there")
