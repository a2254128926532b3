"""Durable runs that begin in a test, and end with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from streaming import shared_connection
from streaming.durable.reset import reset


@contextmanager
def isolated_runs() -> Iterator[None]:
    """Surround a test: its durable runs begin, though nothing may ever be committed, and end with it.

        class AnswerTests(TestCase):
            def setUp(self):
                self.enterContext(isolated_runs())

    Within a `TestCase`, and with SQLite in memory, all threads use the test's connection meanwhile, and runs
    begin at the end of the outermost `atomic()` block, as with a commit. Enter it in the test's own thread.
    """
    reset()
    shared_connection.unshare()
    shared_connection.share(commits=True)
    try:
        yield
    finally:
        reset()
        shared_connection.unshare()
