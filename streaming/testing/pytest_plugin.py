"""What pytest finds by itself where the package is installed: the fixture `isolated_runs`."""

from collections.abc import Iterator

import pytest


@pytest.fixture(name="isolated_runs")
def _isolated_runs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Surround the test with `streaming.testing.isolated_runs()`, within pytest-django's fixtures."""
    from streaming.testing.isolation import isolated_runs

    for database in {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue(database)
    with isolated_runs():
        yield
