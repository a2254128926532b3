"""A process's lease on its runs: the right to write their logs.

The lease is a row of `streaming.models.Process`. Deleting the row revokes the lease: every transaction that
writes to a log updates the row first, and fails if the row is gone.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from uuid import UUID, uuid4

from django.db import connection

from streaming.log.pid_space import pid_space
from streaming.models import Process

logger = logging.getLogger("streaming")


# As it stands: with each commit the ORM would spend more on making this statement than the database on it.
_BEAT = f"UPDATE {Process._meta.db_table} SET beat = beat + 1 WHERE id = %s"  # noqa: S608 - a name of ours


class Lease:
    """Takes the lease when the process first needs it, and a new one after the old one was revoked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._id: UUID | None = None
        self._pid = 0
        self.was_lost = False
        """Whether the last one was revoked, and no other taken since."""

    @property
    def id(self) -> UUID | None:
        """The id under which this process owns its runs. None if it has no lease."""
        return self._id if self._pid == os.getpid() else None  # forked: the parent's does not hold

    def take(self) -> UUID:
        """Return the lease's id. Take a lease if there is none."""
        with self._lock:
            if (held := self.id) is not None:
                return held
            new = Process(pk=uuid4(), host=socket.gethostname()[:255], pid=os.getpid(), pid_space=pid_space())
            if connection.in_atomic_block and connection.vendor != "sqlite":
                # The keeper beats over another connection, and would miss a row that the caller has not
                # committed. On SQLite it waits for the caller to commit, and so would this.
                _at_once(new.save)
            else:
                new.save(force_insert=True)
            self._id, self._pid, self.was_lost = new.pk, os.getpid(), False
            return new.pk

    def beat(self) -> bool:
        """Count the row up, which shows that this process lives. Within a transaction this also locks the
        row, so that no other process can revoke the lease before the transaction ends. Returns False if
        the lease was revoked."""
        if (held := self.id) is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, [Process._meta.pk.get_db_prep_value(held, connection)])
            return bool(cursor.rowcount)

    def lost(self, lease: UUID) -> None:
        """Forget a lease that was revoked: the next run takes another. Not to be called in a transaction."""
        with self._lock:
            if self._id != lease:
                return
            self._id, self.was_lost = None, True
        logger.error("this process was silent for too long: others have taken over its runs")

    def forget(self) -> UUID | None:
        """Have no lease any more, whatever the database says. Returns the one that there was."""
        with self._lock:
            held, self._id, self.was_lost = self.id, None, False
            return held

    def give_up(self) -> None:
        """Delete the row: this process runs nothing any more."""
        if (held := self.forget()) is not None:
            Process.objects.filter(pk=held).delete()


def _at_once(save: Callable[..., None]) -> None:
    """Store a row outside of the caller's transaction: over another connection, in another thread."""

    def work() -> None:
        try:
            save(force_insert=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as other:
        other.submit(copy_context().run, work).result()


lease = Lease()
"""The process's only one."""
