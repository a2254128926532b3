"""What each process knows of a reload. They share it from the fork, of which a copy is the likeness here."""

import copy

from chatsite.server.reload import ReloadState


def is_under_way(process: ReloadState) -> bool:
    """Asked anew each time: another process changes it."""
    return process.is_under_way


def test_old_workers_wait_until_a_new_one_is_ready() -> None:
    master = ReloadState()
    old = copy.copy(master)
    old.finish()
    assert not is_under_way(old)

    master.begin()
    new = copy.copy(master)
    assert is_under_way(old)
    assert not is_under_way(new)

    new.finish()
    assert not is_under_way(old)


def test_a_worker_that_is_ready_too_late_relieves_none() -> None:
    master = ReloadState()
    old = copy.copy(master)
    master.begin()
    late = copy.copy(master)
    master.begin()

    late.finish()

    assert is_under_way(old)
    assert is_under_way(late)
