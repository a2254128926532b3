"""This process's right to write the logs of its runs, as long as the others see that it lives.

There is a row for it in the database. Whoever takes this process for dead deletes the row, and from then
on nothing that this process still has in hand can be written: see `streaming.models.Process`.
"""

import logging
import os
import socket
import threading
from uuid import UUID, uuid4

from django.db.models import F

from streaming.log.pid_space import pid_space
from streaming.models import Process

logger = logging.getLogger("streaming")


class Lease:
    """Taken when the process first needs it. A process that was fenced off takes a new one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._id: UUID | None = None
        self._pid = 0

    @property
    def id(self) -> UUID | None:
        """Under which this process owns its runs. None if it has no lease."""
        return self._id if self._pid == os.getpid() else None  # not that of the process we were forked from

    def take(self) -> UUID:
        """The lease, a new one if there is none."""
        with self._lock:
            if (held := self.id) is not None:
                return held
            new = Process.objects.create(
                pk=uuid4(), host=socket.gethostname()[:255], pid=os.getpid(), pid_space=pid_space()
            )
            self._id, self._pid = new.pk, os.getpid()
            return new.pk

    def beat(self) -> bool:
        """Show that this process lives. In a transaction: nobody takes its runs before that has ended.
        False if somebody has."""
        if (held := self.id) is None:
            return False
        return bool(Process.objects.filter(pk=held).update(beat=F("beat") + 1))

    def lost(self, lease: UUID) -> None:
        """That one is lost; the next run takes another. Not within a transaction."""
        with self._lock:
            if self._id != lease:
                return
            self._id = None
        logger.error("this process was silent for too long: others have taken over its runs")

    def give_up(self) -> None:
        """This process will run nothing any more."""
        with self._lock:
            held, self._id = self.id, None
        if held is not None:
            Process.objects.filter(pk=held).delete()


lease = Lease()
"""The process's only one."""
