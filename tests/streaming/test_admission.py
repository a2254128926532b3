"""Places: taken up to a limit, and given back once."""

import pytest

from streaming.admission import Admission, Busy, TooMany


def test_beyond_the_limit_nobody_is_admitted() -> None:
    admission = Admission()
    admission.enter(of=1)

    with pytest.raises(Busy):
        admission.enter(of=1)


def test_beyond_its_own_most_one_owner_is_refused() -> None:
    admission = Admission()
    admission.enter(owner="a", most=1, of=9)

    with pytest.raises(TooMany):
        admission.enter(owner="a", most=1, of=9)

    admission.enter(owner="b", most=1, of=9)
    assert admission.count == 2


@pytest.mark.parametrize("closed", [False, True])
def test_a_process_without_room_blames_nobody(closed: bool) -> None:
    admission = Admission()
    admission.enter(owner="a", most=1, of=9)
    admission.closed = closed

    with pytest.raises(Busy) as refused:
        admission.enter(owner="a" if closed else "b", most=1, of=1)

    assert not isinstance(refused.value, TooMany)


def test_a_place_is_given_back_only_once() -> None:
    admission = Admission()
    first, _ = admission.enter(), admission.enter()

    first.leave()
    first.leave()

    assert admission.count == 1


def test_a_block_leaves_its_place_whatever_happens() -> None:
    admission = Admission()

    with pytest.raises(ValueError, match="x"), admission.enter():
        raise ValueError("x")

    assert admission.count == 0


def test_a_place_that_was_handed_over_outlives_the_block() -> None:
    admission = Admission()

    with admission.enter() as place:
        place.hand_over()

    assert admission.count == 1
    place.leave()
    assert admission.count == 0


def test_a_block_leaves_a_place_that_it_was_handed() -> None:
    admission = Admission()
    place = admission.enter()
    place.hand_over()

    with place:
        assert admission.count == 1

    assert admission.count == 0
