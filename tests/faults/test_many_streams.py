"""Two hundred streams at once, over a PostgreSQL with thirty connections. Promises: see `checker.py`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.faults import topology
from tests.faults.checker import check, check_others
from tests.faults.ledger import Ledger, Prompt
from tests.faults.store import PostgreSQL
from tests.faults.topology import Topology
from tests.upstream import Reply
from tests.visitor import Reading

STREAMS = 200
CONNECTIONS = 30
AT_ONCE = 50
"""People who send in the same moment."""
THREADS = 140
"""Of each worker, three quarters of them for streams: room for all of a replica's, whichever of its workers
the kernel chooses. (With gunicorn_conf.py's 40 threads a worker has room for 30.)"""


@pytest.fixture(params=["gthread", "gevent"])
def top(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Topology]:
    database = {"max_connections": CONNECTIONS}
    with topology.running(
        tmp_path, worker_class=request.param, workers=2, threads=THREADS, database=database
    ) as running:
        yield running


def test_streams_share_few_connections_and_leave_some_to_others(top: Topology) -> None:
    ledger, gate = Ledger(top.upstream), top.upstream.gate()

    def first_word(_: int) -> tuple[Prompt, Reading]:
        prompt, reading = ledger.ask(top.front.visitor(), Reply("Once ", gate, "upon ", "a ", "time."))
        reading.until("token")
        return prompt, reading

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = list(pool.map(first_word, range(STREAMS)))
        assert connections(top) < CONNECTIONS
        check_others(ledger, top.front)
        gate.open()
        ends = list(pool.map(lambda one: (one[1].end["status"], one[1].text), asked))

    assert set(ends) == {("done", "Once upon a time.")}
    assert connections(top) < CONNECTIONS
    check(ledger, PostgreSQL(top.postgresql.url))


def connections(top: Topology) -> int:
    with psycopg.connect(top.postgresql.url) as connection:
        (row,) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        return int(row[0])
