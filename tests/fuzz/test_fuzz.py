"""A few inputs for each target, the same ones each time; and what the fuzzer has found."""

import random

import pytest

from tests.fuzz.fuzzing import an_input, what_is_wrong
from tests.fuzz.targets import TARGETS, Target

INPUTS = 25


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs_by_chance_do_no_harm(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(name)  # noqa: S311 - no secret
    for _ in range(INPUTS):
        text = an_input(target.words, chance)
        assert what_is_wrong(target, text) is None, text


def test_a_crash_and_a_wrong_answer_are_finds() -> None:
    def crash(text: str) -> None:
        raise RuntimeError(text)

    def wrong(text: str) -> None:
        raise AssertionError

    assert what_is_wrong(Target(("a",), crash), "a") == "RuntimeError: a"
    assert what_is_wrong(Target(("a",), wrong), "a") == "AssertionError: "


def test_what_takes_too_long_is_given_up_and_is_a_find() -> None:
    def hang(text: str) -> None:
        while True:
            pass

    assert what_is_wrong(Target(("a",), hang), "a") == "more than 5 s"
