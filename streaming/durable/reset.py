"""Lets this process be as one that has just started: for tests, between two of them."""

import time
from collections.abc import Sequence
from threading import Thread

from streaming import admission
from streaming.durable.keeper import keeper
from streaming.durable.owned_runs import OwnedRun, all_owned, interrupted
from streaming.log.lease import lease
from streaming.log.log_writer import log_writer
from streaming.log.mirror import tail

_PATIENCE = 10.0
"""Seconds for the threads to end: a tool that is at work cannot be made to."""


def reset() -> None:
    """End this process's durable runs and the threads that look after them, and forget its lease.

    Nothing is stored: what the database has of those runs is the test's, which is about to empty it. Returns
    when the threads have ended, after ten seconds at most.
    """
    deadline = time.monotonic() + _PATIENCE
    _join([keeper.stop()], deadline)  # it would take another lease
    runs = all_owned()
    for run in runs:
        run.abandon()
    lease.forget()
    _join([log_writer.stop(), tail.stop(), *runs], deadline)
    admission.runs.closed = False
    interrupted.clear()


def _join(threads: Sequence[Thread | OwnedRun | None], deadline: float) -> None:
    for thread in threads:
        if thread is not None:
            thread.join(max(0.0, deadline - time.monotonic()))
