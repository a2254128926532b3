"""PostgreSQL's connections: few, shared, and none of them dead for long."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.server import ROOT, environment, prepare
from tests.services import postgresql
from tests.services.postgresql import PostgreSQL
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Visitor
from tests.waiting import wait_until

pytestmark = pytest.mark.xdist_group("database-on-postgresql")  # one server for all of them

POOL = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    with postgresql.server() as server:
        prepare(tmp_path_factory.mktemp("prepared"), DATABASE_URL=server.url)
        yield server


@pytest.fixture(params=["gthread", "gevent"])
def site(server: PostgreSQL, start_site: SiteStarter, request: pytest.FixtureRequest) -> Site:
    settings = {"DATABASE_URL": server.url, "DATABASE_POOL_SIZE": str(POOL)}
    return start_site(worker_class=request.param, settings=settings)


def somebody(site: Site) -> Visitor:
    """A person with a conversation: their page asks the database."""
    site.upstream.enqueue(Reply("Hello."))
    person = site.visitor()
    with person.send("Hi") as reading:
        assert reading.end["status"] == "done"
    return person


def statuses(person: Visitor, requests: int) -> set[int]:
    with ThreadPoolExecutor(10) as pool:
        return set(pool.map(lambda _: person.get("/").status_code, range(requests)))


def connections(server: PostgreSQL) -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with psycopg.connect(server.url) as connection:
        (row,) = connection.execute(sql)
    return int(row[0]) - 1  # this one


def test_a_process_has_no_more_connections_than_its_pool(site: Site, server: PostgreSQL) -> None:
    assert statuses(somebody(site), 100) == {200}
    assert 0 < connections(server) <= POOL


def test_a_restart_of_postgresql_costs_nobody_their_page(site: Site, server: PostgreSQL) -> None:
    person = somebody(site)
    assert statuses(person, 50) == {200}  # the pool is full

    for end in (server.stop, server.kill):
        end()
        server.start()
        assert statuses(person, 50) == {200}


def test_while_postgresql_is_away_the_answer_is_503(site: Site, server: PostgreSQL) -> None:
    person = somebody(site)
    server.stop()
    try:
        page = person.get("/")
        answer = person.get("/", headers={"Accept": "application/json"})
    finally:
        server.start()

    assert (page.status_code, answer.status_code) == (503, 503)
    assert "The site is busy" in page.text
    assert answer.json()["error"]["code"] == "busy"
    assert answer.headers["Retry-After"] == "5"
    wait_until(lambda: person.get("/").status_code == 200, timeout=30)


def test_a_command_ends_by_itself_and_says_nothing_of_its_pool(server: PostgreSQL, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "prune"],
        cwd=ROOT,
        env=environment(tmp_path, DATABASE_URL=server.url),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
