"""Keeps this process's lease, stops runs on request, and calls the reaper. One thread a process."""

import logging
import random
import threading
import time
from datetime import timedelta

from django.db import Error, connection
from django.db.models import F
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError

from streaming.conf import get_conf
from streaming.durable.owned_runs import all_owned, owned
from streaming.durable.reaper import Reaper
from streaming.log import retention
from streaming.log.lease import lease
from streaming.models import Run
from streaming.process_thread import ProcessThread

logger = logging.getLogger("streaming")

BEAT = 2.0
"""Seconds between two beats of the lease, and between two looks at the other processes."""
_LOOK = 0.25
"""Seconds between two looks for requests to stop: one query, while this process runs anything."""
_PRUNE = 600.0


class Keeper:
    """The thread, and its timetable."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._thread = ProcessThread(self._run, name="streaming-keeper")
        self._lock = threading.Lock()
        self._reaper = Reaper()
        self._away = False
        self._beaten = self._watched = 0.0
        self._prune_at = time.monotonic() + _PRUNE * random.random()  # noqa: S311 - not all at once

    def start(self) -> None:
        """Start the thread, if it does not run. The sooner it runs, the sooner it notices that others die."""
        with self._lock:
            self._thread.start()

    def stop(self) -> threading.Thread | None:
        """End the thread: this process has no runs, and will have none. Returns what may still be at work."""
        with self._lock:
            self._woken.set()
            return self._thread.dismiss()

    def attend(self) -> None:
        """Wake the thread: this process has a run, whose requests to stop are to be looked for."""
        self._woken.set()

    def _run(self) -> None:
        while self._thread.is_current:
            try:
                self._work()
                self._away = False
            except TransactionManagementError:
                self._away = True  # only in a test whose connection is shared: its transaction is broken
            except Error as exc:
                self._reaper.forget()  # beats that could not be read are no silence
                if not self._away:
                    logger.error("the database cannot be reached: %s", type(exc).__name__)
                self._away = True
            except Exception:
                logger.exception("the runs could not be looked after")
            if not owned or self._away:
                connection.close()
            self._woken.wait(0 if self._reaper.has_more else _LOOK if owned else BEAT)
            self._woken.clear()
        connection.close()

    def _work(self) -> None:
        now = time.monotonic()
        if owned:
            stop_those_asked_for()
        if now - self._beaten >= BEAT or not owned or self._reaper.has_more:
            self._beaten = now
            self._beat()
            self._watch()
        if now >= self._prune_at:
            self._prune(now)

    def _watch(self) -> None:
        """Let the reaper look at the other processes. After a pause of this thread it begins anew: whatever
        held this process up may have held the others up as well."""
        if time.monotonic() - self._watched > get_conf().LEASE / 2:
            self._reaper.forget()
        self._reaper.look()
        self._watched = time.monotonic()

    def _prune(self, now: float) -> None:
        """Delete old events of a few runs, or a few old runs. This thread has more urgent work."""
        kept = timedelta(seconds=get_conf().KEEP_EVENTS)
        if not (retention.prune_some(older_than=kept) or retention.forget_some(older_than=kept)):
            self._prune_at = now + _PRUNE

    def _beat(self) -> None:
        held = lease.take()  # also without runs: a process that watches the others shows that it lives itself
        if not lease.beat():
            lease.lost(held)
        for run in all_owned():
            if run.log.owner != lease.id:
                run.abandon()


def stop_those_asked_for() -> None:
    """Stop this process's runs for which any process has stored a request to stop."""
    asked = Run.objects.going_on().filter(pk__in=list(owned), stop_requested__isnull=False)
    for run_id, ago in asked.annotate(ago=Now() - F("stop_requested")).values_list("pk", "ago"):
        if (run := owned.get(run_id)) is not None:
            run.stop(ago=max(0.0, ago.total_seconds()))


keeper = Keeper()
"""The process's only one."""
