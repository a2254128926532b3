"""The fixture `isolated_runs`, with each of pytest-django's databases."""

import pytest

from streaming import runs
from streaming.events import Event
from streaming.models import Run
from streaming.testing import Hold, Reply, ScriptedModel


def start(*pieces: str | Hold) -> list[str]:
    """The names of the events of a run."""
    run_id = runs.start(runs.Job(runnable=ScriptedModel(Reply(*pieces)), input="Hi"))
    names: list[str] = [event.event for event in runs.follow(run_id) if isinstance(event, Event)]
    assert Run.objects.get(pk=run_id).is_over
    return names


@pytest.mark.parametrize("time", [1, 2])
def test_a_run_with_db(isolated_runs: None, db: None, time: int) -> None:
    assert start("Hel", "lo") == ["start", "token", "token", "end"]


@pytest.mark.parametrize("time", [1, 2])
def test_a_run_with_transactional_db(isolated_runs: None, transactional_db: None, time: int) -> None:
    assert start("Hel", "lo") == ["start", "token", "token", "end"]


@pytest.mark.django_db
@pytest.mark.usefixtures("isolated_runs")
def test_a_run_with_the_mark() -> None:
    assert start("Hi") == ["start", "token", "end"]
