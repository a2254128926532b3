"""Workers and masters that are killed, told to leave, or frozen; a disk that is full. Promises: `checker.py`.

Who reads comes back by itself (`reader.py`), as the page does.
"""

import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.checker import check, check_others
from tests.faults.conftest import GRACE, SETTINGS, TWO_KINDS, options_of
from tests.faults.connections import ServersEnd
from tests.faults.ledger import Ledger
from tests.faults.reader import Reader
from tests.faults.store import SQLite
from tests.faults.topology import at
from tests.server import ROOT, environment
from tests.services.disk import SmallDisk
from tests.site import Site, SiteStarter
from tests.upstream import Pause, Reply
from tests.visitor import Reading
from tests.waiting import wait_until

LONG = 60.0
DEPLOY = 2.0
"""Seconds that a page, or Stop, may take meanwhile."""


def a_flow(tokens: int = 30, *, every: float = 0.02) -> Reply:
    """A reply that takes a while."""
    return Reply(*(step for number in range(tokens) for step in (f"{number} ", Pause(every))))


def readers_of(ledger: Ledger, site: Site, *replies: Reply) -> list[Reader]:
    """A person for each reply, who sends and reads."""
    return [Reader(ledger.prompt(site.visitor(), reply)).start() for reply in replies]


def read_by_all(readers: list[Reader], events: int) -> None:
    for reader in readers:
        reader.wait_for(events)


def is_back(site: Site, *, workers: int) -> Callable[[], bool]:
    """Whether the site has all its workers, and answers."""

    def look() -> bool:
        try:
            with httpx.Client(base_url=site.url, timeout=5, trust_env=False) as client:
                up = client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False
        return up and len(site.server.worker_pids) == workers

    return look


# kill -9


@pytest.mark.parametrize("seed", [1, 2])
def test_a_worker_is_killed_at_some_point(site: Site, ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same every time
    workers = len(site.server.worker_pids)
    gate = site.upstream.gate()
    readers = readers_of(
        ledger, site, *(a_flow() for _ in range(4)), Reply("a ", gate, "b"), Reply("c", headers_after=gate)
    )
    chance.choice(readers[:4]).wait_for(chance.randrange(25))
    ledger.bereave()

    os.kill(chance.choice(site.server.worker_pids), signal.SIGKILL)

    wait_until(is_back(site, workers=workers), timeout=LONG)
    gate.open()
    for reader in readers:
        reader.join()


@pytest.mark.parametrize("site", TWO_KINDS, indirect=True)
def test_a_worker_is_killed_while_versions_of_one_message_are_answered(site: Site, ledger: Ledger) -> None:
    workers = len(site.server.worker_pids)
    first = Reader(ledger.prompt(site.visitor(), a_flow())).start()
    first.wait_for(2)
    others = [ledger.prompt(first.prompt.person, a_flow(), fields=first.prompt.as_edited) for _ in range(3)]
    readers = [first, *(Reader(prompt).start() for prompt in others)]
    read_by_all(readers, 2)
    ledger.bereave()

    os.kill(site.server.worker_pids[0], signal.SIGKILL)

    wait_until(is_back(site, workers=workers), timeout=LONG)
    versions = set()
    for reader in readers:
        reader.join()
        page = first.prompt.person.get(reader.prompt.place).text
        assert reader.prompt.text in page
        versions |= set(re.findall(r"Version \d of \d", page))
    assert versions == {f"Version {number} of 4" for number in (1, 2, 3, 4)}


@pytest.mark.parametrize("site", TWO_KINDS, indirect=True)
def test_a_reply_of_which_nothing_was_shown_is_written_after_all(site: Site, ledger: Ledger) -> None:
    workers = len(site.server.worker_pids)
    gate = site.upstream.gate()
    prompt = ledger.prompt(site.visitor(), Reply("never", headers_after=gate), Reply("Hello ", "again."))
    reader = Reader(prompt).start()
    site.upstream.wait_for_request(1)
    reader.wait_for(1)
    ledger.bereave()

    for pid in site.server.worker_pids:
        os.kill(pid, signal.SIGKILL)

    wait_until(is_back(site, workers=workers), timeout=LONG)
    reader.join()
    assert (reader.text, reader.status) == ("Hello again.", "done")
    assert len(prompt.calls) == 2


@pytest.mark.parametrize("kind", TWO_KINDS)
def test_the_master_is_killed(start_site: SiteStarter, kind: str) -> None:
    """Its workers leave as if they had been told to, and another master can start meanwhile."""
    with alone(start_site, kind, grace=20) as (site, ledger):
        gate, never = site.upstream.gate(), site.upstream.gate()
        held = [Reply("a ", gate, "b") for _ in range(2)]
        readers = readers_of(ledger, site, *held, *(a_flow() for _ in range(3)), Reply("c ", never))
        read_by_all(readers, 2)
        orphans = [Path(f"/proc/{pid}") for pid in site.server.worker_pids]

        os.kill(site.server.pid, signal.SIGKILL)

        for reader in readers:
            reader.wait_until_lost()
        wait_until(lambda: refuses_connections(site), timeout=2.0)
        site.server.process.wait()
        site.server.start()
        assert any(orphan.exists() for orphan in orphans)
        gate.open()
        for reader in readers:
            reader.join()
        assert [reader.status for reader in readers] == ["done"] * 5 + ["interrupted"]
        wait_until(lambda: not any(orphan.exists() for orphan in orphans), timeout=LONG)


def refuses_connections(site: Site) -> bool:
    """Whether nobody listens at the site's address any more."""
    try:
        socket.create_connection(("127.0.0.1", site.server.port)).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("kind", ["gthread-2", "gevent-2"])
def test_a_worker_that_was_frozen_writes_nothing_any_more(start_site: SiteStarter, kind: str) -> None:
    with alone(start_site, kind, STREAM_LEASE="5") as (site, ledger):
        gate = site.upstream.gate()
        (reader,) = readers_of(ledger, site, Reply("Once ", gate, "upon a time."))
        reader.wait_for(2)
        store = SQLite(site.data_dir)
        owner = owner_of(store, reader.prompt.run)
        ledger.bereave()
        os.kill(owner, signal.SIGSTOP)
        try:
            reader.drop()  # it may have been at the frozen one
            reader.join()
            assert (reader.text, reader.status) == ("Once ", "interrupted")
            check_others(ledger, site)
        finally:
            os.kill(owner, signal.SIGCONT)
        gate.open()
        request = reader.prompt.calls[0].request
        wait_until(lambda: request.peer_closed.is_set() or request.answered.is_set(), timeout=LONG)
        (again,) = readers_of(ledger, site, Reply("I am back."))
        again.join()


def owner_of(store: SQLite, run: str) -> int:
    """The pid of the process that runs it."""
    sql = "SELECT pid FROM streaming_process p JOIN streaming_run r ON r.owner = p.id WHERE r.id = %s"
    ((pid,),) = store.rows(sql, run.replace("-", ""))
    return int(pid)


# Told to leave


@contextmanager
def alone(
    start_site: SiteStarter, kind: str, *, grace: int = GRACE, database: Path | None = None, **settings: str
) -> Iterator[tuple[Site, Ledger]]:
    """A site of the test's own, which may end and start again; what was promised is checked in the end, when
    it has all its workers. Its `database` may be in another folder."""
    worker_class, workers = options_of(kind)
    if database is not None:
        settings["DATABASE_URL"] = f"sqlite:///{database / 'db.sqlite3'}"
    site = start_site(
        worker_class=worker_class,
        workers=workers,
        settings=SETTINGS | settings,
        arguments=[f"--graceful-timeout={grace}"],
    )
    ledger = Ledger(site.upstream)
    yield site, ledger
    wait_until(is_back(site, workers=workers), timeout=LONG)
    check_others(ledger, site)
    check(ledger, SQLite(database or site.data_dir))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
@pytest.mark.parametrize("kind", TWO_KINDS)
def test_the_site_is_told_to_leave_with_fifty_streams(
    start_site: SiteStarter, kind: str, number: signal.Signals
) -> None:
    with alone(start_site, kind) as (site, ledger):
        gate, never = site.upstream.gate(), site.upstream.gate()
        ending = [Reply("a ", gate, "b ", "c") for _ in range(25)]
        readers = readers_of(ledger, site, *ending, *(Reply("d ", never, "e") for _ in range(25)))
        read_by_all(readers, 2)

        os.killpg(site.server.pid, number) if number == signal.SIGINT else os.kill(site.server.pid, number)
        for reader in readers:
            reader.wait_until_lost()
        gate.open()

        assert site.server.process.wait(GRACE + LONG) == 0
        site.server.start()
        for reader in readers:
            reader.join()
        assert {reader.text for reader in readers[25:]} == {"d "}
        assert {reader.status for reader in readers[25:]} == {"interrupted"}
        if number == signal.SIGTERM:
            assert {reader.text for reader in readers[:25]} == {"a b c"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
@pytest.mark.parametrize("kind", ["gthread-1", "gevent-1"])
def test_a_reply_that_nobody_reads_has_the_same_grace(
    start_site: SiteStarter, kind: str, number: signal.Signals
) -> None:
    """Its tab is hidden: no connection is open when the worker is told to leave."""
    with alone(start_site, kind, LOG_LEVEL="INFO") as (site, ledger):
        gate = site.upstream.gate()
        prompt, reading = ledger.ask(site.visitor(), Reply("a ", gate, *a_flow().steps))
        reading.until("token")
        servers_end = ServersEnd(site, reading)
        reading.close()
        wait_until(servers_end.is_closed)
        (worker,) = site.server.worker_pids

        os.kill(site.server.pid, number)
        wait_until(lambda: f"Worker exiting (pid: {worker})" in site.server.log, timeout=LONG)
        gate.open()

        if number == signal.SIGTERM:
            assert site.server.process.wait(GRACE + LONG) == 0
            site.server.start()
        again = prompt.follow(after=2)
        assert isinstance(again, Reading)
        assert again.end["status"] == "done"


def test_a_worker_that_hangs_has_no_grace(start_site: SiteStarter) -> None:
    """Its master tells it to abort, and kills it a second later. What there is of its replies is stored."""
    with alone(start_site, "gthread-1", grace=120) as (site, ledger):
        (reader,) = readers_of(ledger, site, Reply("Once ", site.upstream.gate()))
        reader.wait_for(2)
        (worker,) = site.server.worker_pids

        os.kill(worker, signal.SIGABRT)

        reader.join(timeout=LONG)
        assert (reader.text, reader.status) == ("Once ", "interrupted")
        assert "its process died" not in site.server.log


@pytest.mark.parametrize("kind", ["gthread-1", "gevent-2"])
def test_a_reload_under_load(start_site: SiteStarter, kind: str) -> None:
    """A deploy: nobody loses anything, and nobody waits for more than two seconds meanwhile. (gunicorn waits
    as long as the grace, and then tells the old workers again not to wait for others.)"""
    with alone(start_site, kind, grace=30) as (site, ledger), ThreadPoolExecutor(1) as pool:
        gate = site.upstream.gate()
        *readers, held = readers_of(ledger, site, *(a_flow(60) for _ in range(10)), Reply("a ", gate))
        read_by_all([*readers, held], 2)
        before = set(site.server.worker_pids)

        os.kill(site.server.pid, signal.SIGHUP)

        served = pool.submit(pages_are_served, site, until=lambda: not before & set(site.server.worker_pids))
        held.wait_until_lost(timeout=LONG)  # its worker leaves, and others are there
        elsewhere = at(site, held.prompt.person)
        elsewhere.get("/")  # for its token
        assert within_a_deploys_time(lambda: held.prompt.stop(elsewhere)).status_code == 204
        for reader in [*readers, held]:
            reader.join()
        assert [reader.status for reader in readers] == ["done"] * 10
        assert held.status == "stopped"
        served.result()


def pages_are_served(site: Site, *, until: Callable[[], bool]) -> None:
    """To somebody who asks again and again."""
    person = site.visitor()
    while not until():
        assert within_a_deploys_time(lambda: person.get("/")).status_code == 200


def within_a_deploys_time(ask: Callable[[], httpx.Response]) -> httpx.Response:
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began <= DEPLOY
    return answer


# The database


@pytest.mark.parametrize("site", ["gthread-2", "gevent-2"], indirect=True)
def test_fifty_streams_on_two_workers_and_sqlite(site: Site, ledger: Ledger) -> None:
    readers = readers_of(ledger, site, *(a_flow(50) for _ in range(50)))
    for reader in readers:
        reader.join()
    assert {reader.status for reader in readers} == {"done"}
    assert "database is locked" not in site.server.log


@pytest.mark.parametrize("kind", TWO_KINDS)
def test_a_full_disk(start_site: SiteStarter, prepared: Path, small_disk: SmallDisk, kind: str) -> None:
    shutil.copy(prepared / "db.sqlite3", small_disk.path)
    with alone(start_site, kind, database=small_disk.path) as (site, ledger):
        replies_wait_for_the_disk(site, ledger, fault=small_disk.full())


@pytest.mark.parametrize("site", ["gevent-2"], indirect=True)
def test_a_disk_that_fails(site: Site, ledger: Ledger) -> None:
    """Not a full one: SQLite takes a file that may grow no more (EFBIG) for one that cannot be written."""
    replies_wait_for_the_disk(site, ledger, fault=no_growth(site, beyond=65_536))


def replies_wait_for_the_disk(site: Site, ledger: Ledger, *, fault: AbstractContextManager[None]) -> None:
    """Events wait while the fault lasts; what was seen stays true, and pages can be read."""
    gates = [site.upstream.gate() for _ in range(2)]
    flows = [
        Reply("a ", gates[0], *("more of it " * 100 for _ in range(50)), gates[1], "z") for _ in range(4)
    ]
    readers = readers_of(ledger, site, *flows)
    read_by_all(readers, 2)
    with fault:
        gates[0].open()
        wait_until(lambda: "cannot be stored" in site.server.log, timeout=LONG)
        person = readers[0].prompt.person
        assert person.get(f"/c/{readers[0].prompt.conversation}/").status_code == 200
        assert not any(reader.is_over for reader in readers)
        refused = ledger.prompt(person, Reply("no room")).post(person)
        assert isinstance(refused, httpx.Response)
        assert refused.status_code == 503
    gates[1].open()
    for reader in readers:
        reader.join()
    assert {reader.status for reader in readers} == {"done"}


@contextmanager
def no_growth(site: Site, *, beyond: int) -> Iterator[None]:
    """No file of the site's may have more bytes than that."""
    os.truncate(site.server.log_file, 0)  # or else what the site says of it would have no room either
    site.server.mark_log()
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in site.server.worker_pids}
    for pid, (_, most) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (beyond, most))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


BOOT = """
import sys
from chatsite import boot
print("ready", flush=True)
sys.stdin.read()  # until all six are
failure = boot.main(boot.prepare)
from django.conf import settings
print(settings.SECRET_KEY)
sys.exit(failure or 0)
"""


def test_six_processes_boot_at_once_on_an_empty_directory(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    waiting, start = os.pipe()
    booting = [
        subprocess.Popen(
            [sys.executable, "-c", BOOT],
            cwd=ROOT,
            env=environment(tmp_path),
            stdin=waiting,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        for _ in range(6)
    ]
    os.close(waiting)
    with os.fdopen(start, "wb"):
        assert [process.stdout and process.stdout.readline() for process in booting] == ["ready\n"] * 6
    said = [process.communicate(timeout=LONG * 2) for process in booting]
    assert [process.returncode for process in booting] == [0] * 6, said
    key = (tmp_path / "secret-key").read_text()
    assert said == [(key, "")] * 6
    assert [path.name for path in tmp_path.iterdir() if "secret-key" in path.name] == ["secret-key"]
    assert SQLite(tmp_path).rows("PRAGMA journal_mode") == [("wal",)]
