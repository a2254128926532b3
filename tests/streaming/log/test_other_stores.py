"""The contract of logs, and durable runs, over the stores that the tests do not usually use."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.server import ROOT
from tests.services import postgresql, redis

FILES = [
    f"tests/streaming/{name}.py"
    for name in ("log/test_log_contract", "test_runs", "durable/test_reaper", "testing/test_in_test_cases")
]


@pytest.fixture(params=["PostgreSQL", "PostgreSQL and Redis", "SQLite and Redis"])
def stores(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables that choose them."""
    with ExitStack() as running:
        chosen = {}
        if "PostgreSQL" in request.param:
            chosen["TESTS_DATABASE_URL"] = running.enter_context(postgresql.running())
        if "Redis" in request.param:
            chosen["TESTS_REDIS_URL"] = running.enter_context(redis.running()).url
        yield chosen


def test_durable_runs_are_the_same_over(stores: dict[str, str]) -> None:
    done = subprocess.run(
        # The database server goes afterwards, and its databases with it: a thread may still be connected.
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--reuse-db", *FILES],
        cwd=ROOT,
        env=os.environ | stores,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout
