"""The logs of runs that another process runs, or that have ended: read from the database.

All readers of a run in this process share one mirror, which is dropped with its last reader. One thread reads
the new events of all mirrors: ten times a second; or, where Redis works, when it tells of a run, and once a
second.
"""

import logging
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import Error, connection
from django.db.models import Q

from streaming.events import Event
from streaming.log import wakeups
from streaming.log.event_log import EventLog
from streaming.models import LogPart, Run
from streaming.process_thread import ProcessThread

logger = logging.getLogger("streaming")

INTERVAL = 0.1
"""Seconds between two looks into the database."""
_AT_LEAST = 1.0
"""Seconds between two looks where Redis tells when to look. A message of its can be lost."""
_AT_ONCE = 50
"""Runs whose events one query reads."""


class Mirror(EventLog):
    """Holds what the database has of a run's log."""

    def __init__(self, run_id: UUID, events: Sequence[Event]) -> None:
        super().__init__(events)
        self.run_id = run_id


class Tail:
    """Keeps mirrors up to date."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._mirrors: weakref.WeakValueDictionary[UUID, Mirror] = weakref.WeakValueDictionary()
        self._news: set[UUID] = set()
        self._thread = ProcessThread(self._run, name="streaming-tail")
        self._away = False
        self._looked = self._next_roll_call = 0.0

    def open(self, run: Run) -> Mirror:
        """Return the run's mirror, which holds all events that the database has now."""
        with self._changed:
            known = self._mirrors.get(run.pk)
        if known is None:
            new = Mirror(run.pk, [event for part in run.parts.all() for event in part.load()])
            if new.ended or run.is_over:
                return new
            known = self._watched(new)
            if known is new:
                return new
        self._look([known])  # a reader from the run's own process may have seen more than the mirror has
        return known

    def _watched(self, new: Mirror) -> Mirror:
        """Return the run's mirror that the thread reads for: this one, unless another was first."""
        with self._changed:
            mirror = self._mirrors.setdefault(new.run_id, new)
            self._thread.start()
            self._changed.notify()
        wakeups.listen(self.wake)
        return mirror

    def wake(self, run_id: UUID) -> None:
        """Read the run's new events soon. Called by the listener of wake-ups."""
        with self._changed:
            if run_id in self._mirrors:
                self._news.add(run_id)
                self._changed.notify()

    def release(self) -> None:
        """Send the readers of all mirrors to another process: this one is about to end."""
        for mirror in self._going_on():
            mirror.release()

    def _going_on(self) -> list[Mirror]:
        with self._changed:
            return list(self._mirrors.values())

    def stop(self) -> threading.Thread | None:
        """Send all readers away, and end the thread. Returns what may still be at work."""
        self.release()
        with self._changed:
            self._mirrors.clear()
            self._changed.notify_all()
            return self._thread.dismiss()

    def _run(self) -> None:
        while self._thread.is_current:
            everything, told = self._wait()
            try:
                if everything:
                    self._looked = time.monotonic()
                    self._look(self._going_on())
                    self._release_deleted()
                else:
                    self._look(mirror for mirror in self._going_on() if mirror.run_id in told)
                self._away = False
            except Error as exc:
                if not self._away:
                    logger.error("the database cannot be read: readers wait. %s", type(exc).__name__)
                self._away = True
                connection.close()
                time.sleep(INTERVAL)
        connection.close()

    def _wait(self) -> tuple[bool, set[UUID]]:
        """Wait until it is time to read. Returns whether to read for all mirrors, and the runs to read for if
        not."""
        with self._changed:
            if not self._mirrors:
                connection.close()
                self._changed.wait_for(lambda: len(self._mirrors) or not self._thread.is_current)
            due = self._looked + (_AT_LEAST if wakeups.flowing() else INTERVAL)
            self._changed.wait_for(lambda: self._news, max(0.0, due - time.monotonic()))
            news, self._news = self._news, set()
            return time.monotonic() >= due, news

    def _look(self, mirrors: Iterable[Mirror]) -> None:
        wanted = {mirror.run_id: mirror for mirror in mirrors}
        ids = list(wanted)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            news = (Q(run=run_id, first__gt=wanted[run_id].last_id) for run_id in some)
            for part in LogPart.objects.filter(reduce(or_, news)).order_by("run", "first"):
                self._add(wanted[part.run_id], part)
        self._drop([mirror for mirror in wanted.values() if mirror.ended])

    def _add(self, mirror: Mirror, part: LogPart) -> None:
        try:
            mirror.extend(part.load(), first=part.first)
        except Exception:  # a newer version's events, say. Readers of other runs must not wait
            logger.exception("run %s cannot be followed here", mirror.run_id)
            mirror.release()
            self._drop([mirror])

    def _release_deleted(self) -> None:
        """Release the readers of runs whose rows were deleted. Rare, so not with each look."""
        if time.monotonic() < self._next_roll_call:
            return
        self._next_roll_call = time.monotonic() + _AT_LEAST
        mirrors = self._going_on()
        there = set(
            Run.objects.filter(pk__in=[mirror.run_id for mirror in mirrors]).values_list("pk", flat=True)
        )
        gone = [mirror for mirror in mirrors if mirror.run_id not in there]
        for mirror in gone:
            mirror.release()
        self._drop(gone)

    def _drop(self, mirrors: Iterable[Mirror]) -> None:
        """Read no longer for these."""
        with self._changed:
            for mirror in mirrors:
                self._mirrors.pop(mirror.run_id, None)


tail = Tail()
"""The process's only one. Its thread starts with the first mirror of a run that goes on."""
