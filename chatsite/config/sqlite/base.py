"""Django finds a backend's `DatabaseWrapper` in a module of this name.

SQLite has one writer, and no queue: a thread that finds another one writing sleeps, looks again, sleeps
longer, and is refused after a while, however often others were let in meanwhile. And its sleep stops a whole
process on gevent. So the writers of a process queue up here, and only the first of them asks SQLite, again
and again, since another process may be writing.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from chatsite.config.sqlite.queue import Queue, patience_or

_READING = ("SELECT", "WITH", "PRAGMA", "EXPLAIN")
_POLL = 0.002
"""Seconds until SQLite is asked again: soon enough to find the gap between two writers of another process."""
_queue = Queue()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, which waits for a turn before a statement that writes, or begins a transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False
        self.execute_wrappers.append(self._in_turn)

    def _in_turn(self, execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any) -> Any:
        """Run a statement. A turn lasts for it, or for the transaction that it begins."""
        if self._has_turn or sql.lstrip()[:7].upper().startswith(_READING):
            return execute(sql, params, many, context)
        again = list(params) if many else params
        patience = patience_or(float(self.settings_dict["OPTIONS"].get("timeout", 5.0)))
        until = time.monotonic() + patience
        if not _queue.enter(patience=patience):
            raise OperationalError("database is locked")
        self._has_turn = True
        try:
            return self._as_soon_as_possible(lambda: execute(sql, again, many, context), until=until)
        finally:
            self._leave_after_transaction()

    def _as_soon_as_possible(self, write: Callable[[], Any], *, until: float) -> Any:
        """Do that when no other process writes."""
        (usual,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    return write()
                except OperationalError as error:
                    if not _is_busy(error) or time.monotonic() >= until:
                        raise
                time.sleep(_POLL)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {usual}")

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc] # the stubs leave it out
        self._leave_after_transaction()

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc] # the stubs leave it out
        self._leave_after_transaction()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # the stubs leave it out
        finally:
            self._leave()

    def _leave_after_transaction(self) -> None:
        if self.connection is None or not self.connection.in_transaction:
            self._leave()

    def _leave(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _queue.leave()


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
