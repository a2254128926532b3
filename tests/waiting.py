"""The one place in the tests that waits by looking again and again."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, timeout: float = 60.0, message: str = "") -> T:
    """Wait until `condition()` is true, and return what it gave; fail if it is not in `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            failure = message or f"{condition!r} did not become true in {timeout} s"
            raise AssertionError(failure)
        time.sleep(0.005)
    return result
