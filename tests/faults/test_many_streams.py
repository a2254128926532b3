"""Two hundred streams at once, over a PostgreSQL that allows thirty connections."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.faults import topology
from tests.faults.topology import Topology
from tests.upstream import Gate, Reply
from tests.visitor import Reading

STREAMS = 200
CONNECTIONS = 30
AT_ONCE = 50
"""People who send in the same moment."""


@pytest.fixture
def top(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    directory = tmp_path_factory.mktemp("many")
    database = {"max_connections": CONNECTIONS}
    with topology.running(directory, worker_class="gevent", database=database) as running:
        yield running


def test_streams_share_few_connections_and_leave_some_to_others(top: Topology) -> None:
    gate = top.upstream.gate()
    top.upstream.enqueue(*(Reply("Once ", gate, "upon ", "a ", "time.") for _ in range(STREAMS)))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        readings = list(pool.map(lambda _: first_word(top), range(STREAMS)))
        assert connections(top) < CONNECTIONS
        somebody_else(top)
        gate.open()
        texts = list(pool.map(lambda reading: (reading.end["status"], reading.text), readings))

    assert set(texts) == {("done", "Once upon a time.")}
    assert stored(top) == {("done", "Once upon a time."): STREAMS}
    assert connections(top) < CONNECTIONS


def first_word(top: Topology) -> Reading:
    reading = top.front.visitor().send("Tell me a story.")
    reading.until("token")
    return reading


def somebody_else(top: Topology) -> None:
    """A person who comes while all those read: pages, a reply, and Stop."""
    gate: Gate = top.upstream.gate()
    top.upstream.enqueue(Reply("Hi", gate))
    person = top.front.visitor()
    assert person.get("/").status_code == 200
    with person.send("Hi") as reading:
        reading.until("token")
        assert person.stop(reading.start["run"]).status_code == 204
        assert reading.end["status"] == "stopped"


def connections(top: Topology) -> int:
    with psycopg.connect(top.postgresql.url) as connection:
        (row,) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        return int(row[0])


def stored(top: Topology) -> dict[tuple[str, str], int]:
    """How often each reply is in the database, but for the one that was stopped."""
    with psycopg.connect(top.postgresql.url) as connection:
        rows = connection.execute(
            "SELECT status, content, count(*) FROM chat_message"
            " WHERE role = 'assistant' AND status <> 'stopped' GROUP BY status, content"
        ).fetchall()
    return {(row[0], row[1]): int(row[2]) for row in rows}
