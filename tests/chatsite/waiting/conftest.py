"""People who leave nothing that waits."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import prepare
from tests.services import postgresql
from tests.site import Site
from tests.visitor import Visitor

CONVERSATION = re.compile(r'href="/c/([-0-9a-f]{36})/"')


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    """Somebody who leaves nothing that waits: it would be sent in the middle of another test."""
    visitor = site.visitor()
    yield visitor
    for conversation in set(CONVERSATION.findall(visitor.get("/").text)):
        visitor.post(f"/c/{conversation}/delete/")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The setting of each database: they lock in ways of their own."""
    if request.param == "sqlite":
        yield {}
        return
    with postgresql.running() as address:
        prepare(tmp_path / "prepared", DATABASE_URL=address)
        yield {"DATABASE_URL": address}
