"""SQLite's one writer: all who want to write get their turn, in the order in which they came."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from sqlite3 import connect

import httpx
import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction

from chatsite.config.sqlite import base
from chatsite.config.sqlite.queue import Queue
from streaming.process_thread import ProcessThread
from tests.crowd import Crowd
from tests.site import SiteStarter
from tests.upstream import Reply
from tests.waiting import wait_until

BURST = 200


# The queue


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def served(queue: Queue) -> Iterator[Callable[[str], None]]:
    """Lets somebody line up; `.order` has those whose turn has come."""
    line = Line(queue)
    yield line
    for thread in line.threads:
        thread.join()


class Line:
    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.order: list[str] = []
        self.threads: list[threading.Thread] = []

    def __call__(self, name: str) -> None:
        waiting = self._waiting()
        thread = threading.Thread(target=self.go_through, args=[name])
        self.threads.append(thread)
        thread.start()
        self.wait_for(waiting + 1)

    def go_through(self, name: str) -> None:
        assert self.queue.enter(patience=60)
        self.order.append(name)
        self.queue.leave()

    def wait_for(self, waiting: int) -> None:
        wait_until(lambda: self._waiting() == waiting)

    def _waiting(self) -> int:
        return len(self.queue._first) + len(self.queue._others)


def test_who_comes_first_is_served_first(queue: Queue, served: Line) -> None:
    assert queue.enter(patience=0)
    for name in "abc":
        served(name)
    queue.leave()
    wait_until(lambda: len(served.order) == 3)
    assert served.order == ["a", "b", "c"]


def test_the_threads_of_the_process_go_first(queue: Queue, served: Line) -> None:
    assert queue.enter(patience=0)
    served("somebody")
    ProcessThread(lambda: served.go_through("the log"), name="log").start()
    served.wait_for(2)
    queue.leave()
    wait_until(lambda: len(served.order) == 2)
    assert served.order == ["the log", "somebody"]


def test_who_has_given_up_gets_no_turn(queue: Queue) -> None:
    assert queue.enter(patience=0)
    assert not queue.enter(patience=0.001)
    queue.leave()
    assert queue.enter(patience=0)


# The connections


@pytest.mark.django_db(transaction=True)
class TestTurns:
    @pytest.fixture(autouse=True)
    def queue(self, monkeypatch: pytest.MonkeyPatch) -> Queue:
        if connection.vendor != "sqlite":
            pytest.skip("the tests have another database")
        queue = Queue()
        monkeypatch.setattr(base, "_queue", queue)
        return queue

    def is_free(self, queue: Queue) -> bool:
        if free := queue.enter(patience=0):
            queue.leave()
        return free

    def test_a_turn_lasts_as_long_as_the_transaction(self, queue: Queue) -> None:
        with transaction.atomic():
            Group.objects.create(name="a")
            assert not self.is_free(queue)
        assert self.is_free(queue)
        Group.objects.create(name="b")
        assert self.is_free(queue)

    def test_a_transaction_that_fails_gives_its_turn_back(self, queue: Queue) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        assert self.is_free(queue)
        with transaction.atomic():
            connection.close()
        assert self.is_free(queue)

    def test_reading_takes_no_turn(self, queue: Queue) -> None:
        assert queue.enter(patience=0)
        assert not Group.objects.exists()

    def test_nobody_waits_for_ever(self, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.01)
        assert queue.enter(patience=0)
        with pytest.raises(OperationalError, match="locked"):
            Group.objects.create(name="a")
        queue.leave()
        Group.objects.create(name="a")

    def test_another_process_is_waited_for(self, queue: Queue) -> None:
        """And its turn is not the first one's of this process: they are told so alone."""
        hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); "
        wait = "print(flush=True); input(); c.rollback()"
        command = [sys.executable, "-c", hold + wait, connection.settings_dict["NAME"]]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdin
            assert other.stdout
            other.stdout.readline()
            with ThreadPoolExecutor(1) as pool:
                writing = pool.submit(self.write)
                wait_until(lambda: not self.is_free(queue))
                assert not writing.done()
                other.stdin.write(b"\n")
                other.stdin.close()
                writing.result(timeout=60)
        assert Group.objects.exists()

    def write(self) -> None:
        with closing(connection):
            Group.objects.create(name="a")


# The site


@pytest.mark.alone
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_a_burst_of_messages_is_taken_whole(start_site: SiteStarter, worker_class: str, workers: int) -> None:
    site = start_site(
        worker_class=worker_class,
        workers=workers,
        threads=BURST * 3 // 2,
        settings={"CHAT_REPLIES_AT_ONCE": "1000", "LIMIT_GUEST_MESSAGES": "0"},
    )
    site.upstream.enqueue(*(Reply("Yes.") for _ in range(BURST)))
    person = site.visitor()
    forms = [person.form("/messages/", {"text": f"Hi {number}"}) for number in range(BURST)]

    with Crowd(site.url, BURST) as crowd:
        for sock, form in zip(crowd.sockets, forms, strict=True):
            sock.sendall(on_the_wire(form))
        crowd.hear(b"HTTP/1.1 303 ")

    with closing(connect(site.data_dir / "db.sqlite3")) as database:
        done = "SELECT count(*) FROM chat_message WHERE role = 'assistant' AND status = 'done'"
        wait_until(lambda: database.execute(done).fetchone() == (BURST,))
    assert "locked" not in site.server.log


def on_the_wire(form: httpx.Request) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in form.headers.items() if name != "connection")
    return f"POST {form.url.path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode() + form.content
