"""Who knows what of a reload: processes share it from the fork, of which a copy is the likeness here."""

import copy

from chatsite.server.reload import Succession


def expected(process: Succession) -> bool:
    """Asked anew each time: another process changes it."""
    return process.is_expected


def test_the_old_ones_wait_until_a_new_one_is_ready() -> None:
    master = Succession()
    old = copy.copy(master)
    old.take_over()
    assert not expected(old)

    master.begin()
    new = copy.copy(master)
    assert expected(old)
    assert not expected(new)

    new.take_over()
    assert not expected(old)


def test_one_that_is_ready_too_late_relieves_nobody() -> None:
    master = Succession()
    old = copy.copy(master)
    master.begin()
    late = copy.copy(master)
    master.begin()

    late.take_over()

    assert expected(old)
    assert expected(late)
