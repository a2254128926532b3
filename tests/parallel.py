"""Runs the tests in several processes (pytest-xdist), and lets some of them have the machine to themselves.

Loaded with `-p` (pyproject.toml). Each worker process imports tests/environment.py, and so has a DATA_DIR of
its own; what a fixture starts belongs to the worker that started it. The kernel chooses all ports.
"""

import contextlib
import fcntl
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

WORKERS = 2
"""With more, on two cores, promises of a second are late: starting a site takes seconds of a core."""
LOCK = "TESTS_LOCK"
"""The variable that names the file which the tests of one run lock: shared, or exclusively to be alone."""


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Say what `-n auto` is. Starting the workers pays where folders are asked for; a few tests run here."""
    folders = all(Path(given).is_dir() for given in config.args)
    return WORKERS if folders and not config.option.keyword else 0


def pytest_configure(config: pytest.Config) -> None:
    """Make a lock file for this run, which its workers inherit the name of."""
    if hasattr(config, "workerinput"):
        return
    directory = os.environ["DATA_DIR"]
    os.environ[LOCK] = str(Path(directory) / "tests.lock")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the local model together, so that it is loaded once. Begin with the groups, each of
    which is one worker's work, and end with the tests that are alone, so that no other waits for them."""
    for item in items:
        if item.get_closest_marker("model") is not None:
            item.add_marker(pytest.mark.xdist_group("model"))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    alone, group = (item.get_closest_marker(name) is not None for name in ("alone", "xdist_group"))
    if alone and group:
        failure = f"{item.nodeid} cannot be alone: its group begins before the others have ended"
        raise pytest.UsageError(failure)
    return 2 if alone else int(not group)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run an `alone` test while no other worker runs any test."""
    with locked(exclusively=item.get_closest_marker("alone") is not None):
        return (yield)


@contextlib.contextmanager
def locked(*, exclusively: bool) -> Iterator[None]:
    """Hold the lock of this run meanwhile."""
    with Path(os.environ[LOCK]).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH)
        yield
