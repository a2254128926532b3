"""The stores and the proxy that tests start: what they keep through a kill, and that they are missed."""

import functools
import http.client
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from tests.server import free_port
from tests.services import nginx, postgresql, redis
from tests.services.programs import require
from tests.test_server import has_ended
from tests.waiting import wait_until


def test_a_missing_program_skips_the_test_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORES_TESTS", raising=False)

    with pytest.raises(pytest.skip.Exception, match=r"no no-such-program here.* package nobodys"):
        require("sh", "no-such-program", package="nobodys")


def test_a_missing_program_fails_the_test_where_the_stores_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORES_TESTS", "required")

    with pytest.raises(pytest.fail.Exception, match="no no-such-program"):
        require("no-such-program", package="nobodys")


@pytest.mark.parametrize("append_only", [False, True])
def test_a_killed_redis_has_what_its_kind_keeps(append_only: bool) -> None:
    with redis.running(append_only=append_only, password="secret") as server:
        with server.client() as client:
            client.set("key", "value")
        server.kill()
        server.start()
        with server.client() as client:
            assert client.exists("key") == append_only
        server.flush()
        with server.client() as client:
            assert client.dbsize() == 0


def test_a_suspended_redis_answers_nobody_until_it_is_resumed() -> None:
    with redis.running() as server:
        server.suspend()
        with redis_client.Redis(port=server.port, socket_timeout=0.2) as client:
            with pytest.raises(redis_client.TimeoutError):
                client.ping()
            server.resume()
            assert wait_until(server.answers, timeout=30)


def test_postgresql_keeps_what_was_committed_through_a_kill() -> None:
    with postgresql.server(max_connections=12) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        for end in (server.kill, server.stop):
            end()
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(server.url)
            server.start()
            with psycopg.connect(server.url) as connection:
                assert connection.execute("SHOW max_connections").fetchone() == ("12",)
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_nginx_serves_the_site_that_it_is_given_and_its_files() -> None:
    port = free_port()
    site = f"server {{ listen 127.0.0.1:{port}; include part/answer.conf; }}"
    answer = 'location / { return 200 "hello"; }'

    with nginx.running(site, port=port, files={"part/answer.conf": answer}) as server:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        connection.close()
        workers = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        assert workers
        server.kill()

    for pid in workers:
        wait_until(functools.partial(has_ended, int(pid)))


def test_servers_run_as_nobody_where_the_tests_are_root() -> None:
    with redis.running() as server:
        owner = Path(f"/proc/{server.pid}").stat().st_uid
    assert owner != 0
