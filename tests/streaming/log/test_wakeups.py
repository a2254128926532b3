"""Redis wakes readers in other processes, and its faults cost them nothing but speed."""

import contextlib
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

import pytest
from pytest_django import Settings

from streaming.log import wakeups
from tests.server import ROOT
from tests.services import redis as redis_service
from tests.services.redis import RedisServer
from tests.upstream import refusing_url, silent_port_url
from tests.waiting import wait_until

LONG = 60.0
"""Seconds: longer than any pause between two tries."""


class Ears:
    """What was heard, with a way to wait for it."""

    def __init__(self) -> None:
        self.heard: list[UUID] = []

    def __call__(self, run: UUID) -> None:
        self.heard.append(run)

    def wait_for(self, run: UUID) -> None:
        wait_until(lambda: run in self.heard, timeout=LONG, message="a wake-up was not heard")


@pytest.fixture
def ears(settings: Settings) -> Iterator[Ears]:
    """Nobody listens before the test does; afterwards there is no thread, and no connection."""
    yield Ears()
    settings.STREAMING = {}
    wait_until(lambda: not our_threads(), timeout=LONG)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with redis_service.running(append_only=getattr(request, "param", False)) as server:
        yield server


either_redis = pytest.mark.parametrize(
    "server", [False, True], ids=["forgetful", "append-only"], indirect=True
)
"""A Redis that has lost everything after a kill, and one that has not."""


@pytest.fixture
def redis(server: RedisServer, settings: Settings) -> RedisServer:
    """The Redis that the settings name."""
    settings.STREAMING = {"REDIS_URL": server.url}
    return server


ECHO = """
import os, select, sys
url, kind = sys.argv[1:]
if kind == "gevent":
    from gevent import monkey
    monkey.patch_all()
from uuid import uuid4, uuid5
from django.conf import settings
from streaming.log import wakeups
from tests.waiting import wait_until

def listen():
    wakeups.listen(lambda run: run.version == 4 and wakeups.publish([uuid5(run, "heard")]))
    wait_until(wakeups.flowing, timeout=60)

settings.configure(STREAMING={"REDIS_URL": url})
listen()
if kind == "forked":
    wakeups.publish([uuid4()])
    if os.fork():
        os._exit(0)
    assert not wakeups.flowing()
    listen()
wakeups.publish([uuid5(uuid4(), "ready")])
wait_until(lambda: select.select([sys.stdin], [], [], 0)[0], timeout=600)
"""


@contextlib.contextmanager
def echo(redis: RedisServer, kind: str) -> Iterator[None]:
    """Another process, which answers each run that it hears of with another."""
    command = [sys.executable, "-c", ECHO, redis.url, kind]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        yield  # it ends when its stdin does
        process.communicate(timeout=LONG)


def our_threads() -> list[threading.Thread]:
    names = ("streaming-publisher", "streaming-listener")
    return [thread for thread in threading.enumerate() if thread.name.startswith(names)]


def listen(ears: Ears) -> None:
    wakeups.listen(ears)
    wait_until(wakeups.flowing, timeout=LONG)


def publish_one_by_one() -> None:
    for _ in range(1000):
        wakeups.publish([uuid4()])


def somebody_says(server: RedisServer, run: UUID, *, entry: str = "*") -> None:
    """What another process does."""
    with server.client() as client:
        client.xadd(wakeups.KEY, {"runs": run.hex}, id=entry)


def test_what_is_said_is_heard(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    first, second, third = (uuid4() for _ in range(3))

    wakeups.publish([first, second])
    ears.wait_for(second)
    wakeups.publish(iter([third]))
    ears.wait_for(third)

    assert set(ears.heard) == {first, second, third}


def test_what_was_said_before_is_not_heard(redis: RedisServer, ears: Ears) -> None:
    before, after = uuid4(), uuid4()
    somebody_says(redis, before)
    listen(ears)
    somebody_says(redis, after)

    ears.wait_for(after)

    assert ears.heard == [after]


@pytest.mark.parametrize("kind", ["threads", "gevent", "forked"])
def test_two_processes_wake_each_other(redis: RedisServer, ears: Ears, kind: str) -> None:
    listen(ears)
    with echo(redis, kind):
        wait_until(lambda: ears.heard, timeout=LONG)  # it says one once it listens

        mine = uuid4()
        wakeups.publish([mine])

        ears.wait_for(uuid5(mine, "heard"))


def test_nothing_happens_without_redis(settings: Settings, ears: Ears) -> None:
    settings.STREAMING = {}

    wakeups.listen(ears)
    wakeups.publish([uuid4()])

    assert not wakeups.flowing()
    assert our_threads() == []


# Redis goes away, and comes back


@either_redis
def test_a_killed_redis_is_found_again(redis: RedisServer, ears: Ears) -> None:
    listen(ears)

    redis.kill()
    wait_until(lambda: not wakeups.flowing(), timeout=LONG)
    lost_or_late = uuid4()
    wakeups.publish([lost_or_late])
    redis.start()

    ears.wait_for(lost_or_late)  # said again and again, until Redis has taken it
    wait_until(wakeups.flowing, timeout=LONG)
    later = uuid4()
    somebody_says(redis, later)
    ears.wait_for(later)


def test_a_redis_that_answers_nothing_holds_nobody_up(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    last = uuid4()

    redis.suspend()
    wait_until(lambda: not wakeups.flowing(), timeout=LONG)
    said = threading.Thread(target=publish_one_by_one)
    said.start()
    said.join(LONG)  # one by one, and with an answer awaited, they would take half an hour
    assert not said.is_alive()
    wakeups.publish([last])
    redis.resume()

    ears.wait_for(last)
    wait_until(wakeups.flowing, timeout=LONG)
    with redis.client() as client:
        assert client.xlen(wakeups.KEY) < 100  # together, and not one by one


@either_redis
def test_a_flushed_redis_goes_on(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    before, after = uuid4(), uuid4()
    wakeups.publish([before])
    ears.wait_for(before)

    redis.flush()
    wakeups.publish([after])

    ears.wait_for(after)


def test_a_stream_that_begins_again_in_the_past_is_heard(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    before, after, later = uuid4(), uuid4(), uuid4()
    wakeups.publish([before])
    ears.wait_for(before)

    redis.flush()
    somebody_says(redis, after, entry="5-1")  # flushed, and its clock set back

    ears.wait_for(after)
    somebody_says(redis, later, entry="5-2")
    ears.wait_for(later)
    assert ears.heard.count(after) == 1


@either_redis
def test_what_is_said_while_the_listener_is_away_is_heard_afterwards(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    first, second = uuid4(), uuid4()
    somebody_says(redis, first)
    ears.wait_for(first)
    redis.kill()
    wait_until(lambda: not wakeups.flowing(), timeout=LONG)

    redis.start()
    somebody_says(redis, second)

    ears.wait_for(second)
    assert ears.heard == [first, second]


@pytest.mark.parametrize("address", [refusing_url, silent_port_url])
def test_an_unreachable_redis_changes_nothing(
    address: Callable[[], AbstractContextManager[str]], settings: Settings, ears: Ears
) -> None:
    with address() as url:
        settings.STREAMING = {"REDIS_URL": f"redis://{urlsplit(url).netloc}"}
        wakeups.listen(ears)
        publish_one_by_one()
        assert not wakeups.flowing()
        with redis_service.running() as server:
            settings.STREAMING = {"REDIS_URL": server.url}
            wait_until(wakeups.flowing, timeout=LONG)


# What is kept is bounded


def test_what_waits_to_be_said_is_bounded(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    redis.suspend()
    wait_until(lambda: not wakeups.flowing(), timeout=LONG)
    many = [uuid4() for _ in range(50_000)]

    wakeups.publish(many)
    redis.resume()

    wait_until(lambda: ears.heard, timeout=LONG)
    last = uuid4()
    wakeups.publish([last])
    ears.wait_for(last)
    assert len(ears.heard) < len(many)


def test_the_stream_is_bounded(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    with redis.client() as client:
        for number in range(1, 3001):
            client.xadd(wakeups.KEY, {"runs": ""}, id=f"5-{number}")
        run = uuid4()
        wakeups.publish([run])
        ears.wait_for(run)

        assert client.xlen(wakeups.KEY) < 1200


# What goes wrong around it


def test_entries_of_somebody_else_are_skipped(redis: RedisServer, ears: Ears) -> None:
    listen(ears)
    run = uuid4()
    with redis.client() as client:
        for fields in ({"other": "1"}, {"runs": "no-id"}, {"runs": b"\xff"}, {"runs": ""}):
            client.xadd(wakeups.KEY, fields)
    somebody_says(redis, run)

    ears.wait_for(run)

    assert ears.heard == [run]


def test_a_reader_that_fails_is_logged_and_called_again(
    redis: RedisServer, ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = uuid4(), uuid4()

    def hear(run: UUID) -> None:
        ears(run)
        if run == bad:
            raise ZeroDivisionError

    wakeups.listen(hear)
    wait_until(wakeups.flowing, timeout=LONG)
    wakeups.publish([bad])
    ears.wait_for(bad)
    wakeups.publish([good])

    ears.wait_for(good)

    assert [record.message for record in caplog.records] == [f"a wake-up of run {bad} failed"]


def test_something_else_under_the_key_is_an_outage(
    redis: RedisServer, ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    with redis.client() as client:
        client.set(wakeups.KEY, "something")
        wakeups.listen(ears)
        wait_until(lambda: "Redis cannot be used (ResponseError)" in caplog.text, timeout=LONG)
        client.delete(wakeups.KEY)

    wait_until(wakeups.flowing, timeout=LONG)


class Rude:
    """A server that hangs up on everybody, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._listener.accept()[0].close()
                self.calls += 1


def test_an_outage_is_one_line_without_the_password(
    settings: Settings, ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "streaming")
    with Rude() as server, redis_service.running() as good:
        settings.STREAMING = {"REDIS_URL": f"redis://me:canary@127.0.0.1:{server.port}/0"}
        wakeups.listen(ears)
        wakeups.publish([uuid4()])
        wait_until(lambda: server.calls >= 6, timeout=LONG)
        assert len(caplog.records) == 1
        assert "Redis cannot be used (ConnectionError)" in caplog.text

        settings.STREAMING = {"REDIS_URL": good.url}
        wait_until(lambda: len(caplog.records) == 2, timeout=LONG)
        assert "Redis can be used again" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "address", ["redis://:canary@{host}", "canary://nonsense", "redis://{host}/0?canary=1"]
)
def test_a_redis_that_refuses_us_is_an_outage(
    address: str, settings: Settings, ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    with redis_service.running(password="correct") as server:
        host = f"127.0.0.1:{server.port}"
        settings.STREAMING = {"REDIS_URL": address.format(host=host)}
        wakeups.listen(ears)
        wakeups.publish([uuid4()])
        wait_until(lambda: "Redis cannot be used" in caplog.text, timeout=LONG)
        assert not wakeups.flowing()

        settings.STREAMING = {"REDIS_URL": server.url}
        wait_until(wakeups.flowing, timeout=LONG)
    assert "canary" not in caplog.text
