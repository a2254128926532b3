"""How long the events of ended runs are kept: as long as a reader may come back for the rest."""

from datetime import timedelta

from django.db import transaction

from streaming.models import LogPart

_AT_ONCE = 10
"""Runs in one transaction: others want to write as well."""


def prune(*, older_than: timedelta) -> int:
    """Delete the events of runs that ended so long ago; the runs themselves stay. Returns the number of
    runs. What the reply was is in whatever `run_ended` has stored."""
    pruned = 0
    while some := prune_some(older_than=older_than):
        pruned += some
    return pruned


def prune_some(*, older_than: timedelta) -> int:
    """The same for a few of them, each of them whole. 0 when there are no more."""
    parts = LogPart.objects.of_ended_runs(older_than=older_than)
    ids = list(parts.order_by().values_list("run", flat=True).distinct()[:_AT_ONCE])
    if ids:
        with transaction.atomic():
            LogPart.objects.filter(run__in=ids).delete()
    return len(ids)
