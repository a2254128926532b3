"""Deletes the events of runs that ended long ago. A reader may come back for the rest of a run until then."""

from datetime import timedelta

from django.db import transaction

from streaming.models import LogPart

_AT_ONCE = 10
"""Runs in one transaction. Other writers wait for it to end, so it has to be short."""


def prune(*, older_than: timedelta) -> int:
    """Delete the events of runs that ended at least `older_than` ago. Returns the number of such runs.

    The rows of the runs stay, and so does what receivers of `run_ended` have stored of the replies.
    """
    pruned = 0
    while some := prune_some(older_than=older_than):
        pruned += some
    return pruned


def prune_some(*, older_than: timedelta) -> int:
    """Delete the events of a few such runs, in one transaction. Returns their number, 0 when none is left."""
    parts = LogPart.objects.of_ended_runs(older_than=older_than)
    ids = list(parts.order_by().values_list("run", flat=True).distinct()[:_AT_ONCE])
    if ids:
        with transaction.atomic():
            LogPart.objects.filter(run__in=ids).delete()
    return len(ids)
