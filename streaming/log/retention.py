"""Deletes the events of runs that ended long ago, and later the runs.

Until then a reader may come back for the rest of a run.
"""

from datetime import timedelta

from django.db import transaction

from streaming.models import LogPart, Run

_AT_ONCE = 10
"""Runs in one transaction. Other writers wait for it to end, so it has to be short."""
KEEP_RUNS = timedelta(days=30)
"""For how long a run without events is kept: a reader who comes back is told that it has ended, and how."""


def prune(*, older_than: timedelta) -> int:
    """Delete the events of runs that ended at least `older_than` ago. Returns the number of such runs.

    The rows of the runs go `KEEP_RUNS` later. What receivers of `run_ended` have stored of the replies stays.
    """
    pruned = 0
    while some := prune_some(older_than=older_than):
        pruned += some
    while forget_some(older_than=older_than):
        pass
    return pruned


def prune_some(*, older_than: timedelta) -> int:
    """Delete the events of a few such runs, in one transaction. Returns their number, 0 when none is left."""
    parts = LogPart.objects.of_ended_runs(older_than=older_than)
    ids = list(parts.order_by().values_list("run", flat=True).distinct()[:_AT_ONCE])
    if ids:
        with transaction.atomic():
            LogPart.objects.filter(run__in=ids).delete()
    return len(ids)


def forget_some(*, older_than: timedelta) -> int:
    """Delete a few runs whose events have gone `KEEP_RUNS` ago. Returns their number, 0 when none is left."""
    old = Run.objects.ended_before(older_than + KEEP_RUNS).filter(parts=None)
    ids = list(old.values_list("pk", flat=True)[:_AT_ONCE])
    if ids:
        with transaction.atomic():
            Run.objects.filter(pk__in=ids).delete()
    return len(ids)
