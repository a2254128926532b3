"""Lets the others have their turn.

Threads take turns by themselves. gevent's have theirs only when one waits, and a provider that sends faster
than its words are taken in never waits: all other streams would hang until the reply is over.
"""

import time

TURN = 0.005
"""Seconds. CPython's own threads take turns as often."""

_began = 0.0


def give_way() -> None:
    """To be called often by what could go on without waiting: the others have their turn when it is time."""
    global _began  # noqa: PLW0603 - one turn at a time in a process
    if time.monotonic() - _began >= TURN:
        time.sleep(0)
        _began = time.monotonic()
