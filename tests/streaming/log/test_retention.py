"""Events of ended runs go after a while, and the runs a month later."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from streaming import runs
from streaming.events import End, Start
from streaming.log.retention import KEEP_RUNS, prune
from streaming.models import LogPart, Run
from streaming.runs import Pruned
from tests.streaming.durable_runs import orphan

pytestmark = pytest.mark.django_db


def ended(*, ago: timedelta) -> UUID:
    run = orphan(
        Start(run="x", id=1),
        End(status="done", id=2),
        status="done",
        last_event=2,
        ended=timezone.now() - ago,
    )
    return run.pk


def test_only_the_events_of_runs_that_ended_long_ago_are_deleted() -> None:
    old, new = ended(ago=timedelta(hours=2)), ended(ago=timedelta(minutes=5))
    going_on = orphan(Start(run="x", id=1))

    assert prune(older_than=timedelta(hours=1)) == 1

    assert set(LogPart.objects.values_list("run", flat=True)) == {new, going_on.pk}
    assert Run.objects.filter(pk=old).exists()


def test_runs_without_events_go_a_month_later() -> None:
    ended(ago=KEEP_RUNS + timedelta(hours=2))
    kept = ended(ago=KEEP_RUNS + timedelta(minutes=5))
    going_on = orphan(Start(run="x", id=1))

    prune(older_than=timedelta(hours=1))

    assert set(Run.objects.values_list("pk", flat=True)) == {kept, going_on.pk}


def test_who_asks_for_them_is_told_that_they_are_gone() -> None:
    old = ended(ago=timedelta(hours=2))
    prune(older_than=timedelta(hours=1))

    with pytest.raises(Pruned) as told:
        runs.log(old)

    assert told.value.last_id == 2


def test_what_is_left_of_a_log_is_not_taken_for_all_of_it() -> None:
    old = ended(ago=timedelta(hours=2))
    LogPart.objects.filter(run=old).update(events='[["start",{"run":"x"}]]')

    with pytest.raises(Pruned):
        runs.log(old)


def test_the_command_says_what_it_did() -> None:
    ended(ago=timedelta(hours=2))
    out = StringIO()

    call_command("prune", stdout=out)
    call_command("prune", older_than=0, stdout=out)

    assert out.getvalue().splitlines() == [
        "Deleted the events of 1 replies that ended more than 3600 s ago.",
        "Deleted the events of 0 replies that ended more than 0 s ago.",
    ]
    with pytest.raises(CommandError, match="0 or more"):
        call_command("prune", older_than=-1)
