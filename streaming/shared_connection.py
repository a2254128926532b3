"""Lets all threads use a test's connection, where no other connection could see what the test has stored.

What a `TestCase` stores is in a transaction that is never committed, and SQLite in memory refuses one
connection for the other's locks. So, while such a test goes on, every thread is given the test's connection.
The threads take turns: a statement, or a whole `atomic()` block, waits until no other thread is within one. A
run that is started within a block belongs to its turn: whoever waits for that run there would wait for ever.

Outside of tests nothing of this happens.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.transaction import Atomic

_turn: ContextVar[object | None] = ContextVar("streaming_shared_connection", default=None)
"""The turn in which the running code was started. It may be over by now."""

_PATIENCE = 30.0
"""Seconds to wait for a turn. Two threads that wait for each other are to be seen, and not to hang."""


class _Turns:
    """A lock that is held by a turn, not by a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: object | None = None

    def take(self) -> bool:
        """Wait for a turn. False, at once, within the one that goes on. Raises TimeoutError."""
        if self._current is not None and _turn.get() is self._current:
            return False
        if not self._lock.acquire(timeout=_PATIENCE):
            raise TimeoutError("Another thread is in an atomic() block, and does not leave it.")
        self._current = object()
        _turn.set(self._current)
        return True

    def give_back(self) -> None:
        """Let the next thread have its turn."""
        self._current = None
        self._lock.release()


class _Sharing:
    """The connections of one test, while all threads use them."""

    def __init__(self, connections: "dict[str, BaseDatabaseWrapper]", *, commits: bool) -> None:
        self._connections = connections
        self._commits = commits
        """Whether what is to be done on a commit is done at a block's end: a `TestCase` never commits."""
        self._turns = _Turns()
        self._blocks: list[tuple[Atomic, bool]] = []
        """The blocks of the turn that goes on, each with whether the turn began with it."""
        self._undo = ExitStack()
        self.at_end: Callable[[], object] | None = None
        """Called before the test's transaction is rolled back."""

    def begin(self) -> None:
        """Give the connections to all threads."""
        from unittest.mock import patch

        from django.db.transaction import Atomic
        from django.db.utils import ConnectionHandler

        for connection in self._connections.values():
            self._share(connection)
        self._enter, self._exit, self._own = Atomic.__enter__, Atomic.__exit__, ConnectionHandler.__getitem__

        def enter(block: Atomic) -> None:
            self._enter_block(block)

        def leave(block: Atomic, *exc_info: Any) -> None:
            self._exit_block(block, *exc_info)

        def connection_of(handler: Any, alias: str) -> Any:
            return self._connection(handler, alias)

        self._undo.enter_context(patch.object(Atomic, "__enter__", enter))
        self._undo.enter_context(patch.object(Atomic, "__exit__", leave))
        self._undo.enter_context(patch.object(ConnectionHandler, "__getitem__", connection_of))

    def _share(self, connection: "BaseDatabaseWrapper") -> None:
        connection.inc_thread_sharing()
        self._undo.callback(connection.dec_thread_sharing)
        connection.execute_wrappers.insert(0, self._execute)
        self._undo.callback(connection.execute_wrappers.remove, self._execute)
        vars(connection)["close"] = _nothing  # a thread that ends closes what it has used
        self._undo.callback(vars(connection).pop, "close")
        for block in connection.atomic_blocks:
            if not _is_tests(block):
                self._blocks.append((block, self._turns.take()))

    def end(self) -> None:
        """Give each thread its own connections again."""
        if self.at_end is not None:
            self.at_end()
        self._undo.close()

    # In any thread

    def _connection(self, handler: Any, alias: str) -> "BaseDatabaseWrapper":
        found = self._connections.get(alias)
        return self._own(handler, alias) if found is None else found

    def _execute(self, execute: Callable[..., Any], *args: Any) -> Any:
        """Execute a statement. (Django's `execute_wrapper`.)"""
        began = self._turns.take()
        try:
            return execute(*args)
        finally:
            if began:
                self._turns.give_back()

    def _enter_block(self, block: "Atomic") -> None:
        if _is_tests(block):
            self._enter(block)
            return
        began = self._turns.take()
        try:
            self._enter(block)
        except BaseException:
            if began:
                self._turns.give_back()
            raise
        self._blocks.append((block, began))

    def _exit_block(self, block: "Atomic", *exc_info: Any) -> None:
        if _is_tests(block):
            unshare()  # the test is over
            self._exit(block, *exc_info)
            return
        try:
            self._exit(block, *exc_info)
        finally:
            # A block that was entered in another thread, before this began, is not among them.
            began = bool(self._blocks) and self._blocks[-1][0] is block and self._blocks.pop()[1]
            if began:
                self._turns.give_back()
        if began and self._commits:
            self._begin_runs()

    def _begin_runs(self) -> None:
        """Do what this app does on a commit, where a `TestCase` has left it undone."""
        for connection in self._connections.values():
            if connection.in_atomic_block:
                waiting: list[Any] = connection.run_on_commit
                ours = [entry for entry in waiting if entry[1].__module__.startswith("streaming.")]
                connection.run_on_commit = [entry for entry in waiting if entry not in ours]
                for entry in ours:
                    entry[1]()


def _nothing() -> None:
    pass


_sharing: _Sharing | None = None


def share_in_tests(*, at_end: Callable[[], object] | None = None) -> None:
    """Share the connections of the running thread, if it runs a test that needs that.

    `at_end` is called when a `TestCase` is over, before its transaction is rolled back.
    """
    if hasattr(sys.modules.get("django.core.mail"), "outbox"):  # Django has it in tests, and only there
        share()
        if _sharing is not None and at_end is not None:
            _sharing.at_end = at_end


def share(*, commits: bool = False) -> None:
    """Share the connections of the running thread that are in a `TestCase`'s transaction, or in memory."""
    from django.db import connections

    global _sharing  # noqa: PLW0603 - there is one test at a time in a process
    if _sharing is None:
        found = {one.alias: one for one in connections.all(initialized_only=True) if _is_private(one)}
        if found:
            _sharing = _Sharing(found, commits=commits)
            _sharing.begin()


def unshare() -> None:
    """Give each thread its own connections again."""
    global _sharing
    ended, _sharing = _sharing, None
    if ended is not None:
        ended.end()


def _is_private(connection: Any) -> bool:
    """Whether what was stored over it is there for no other connection."""
    in_memory = getattr(connection, "is_in_memory_db", None)
    return any(map(_is_tests, connection.atomic_blocks)) or bool(in_memory and in_memory())


def _is_tests(block: Any) -> bool:
    """Whether the `atomic()` block is the one that a `TestCase` rolls back."""
    return bool(block._from_testcase)
