"""The tests' server is a real gunicorn, and its visitors behave as browsers do."""

import contextlib
import functools
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server import GunicornServer, environment
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Reading, Visitor
from tests.waiting import wait_until


def test_a_visitor_reads_a_reply_event_by_event(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hel", gate, "lo"))

    with site.visitor().send("How cool are LLMs?") as reading:
        first = reading.until("token")
        gate.open()
        end = reading.end

    assert (first.id, first.json) == ("2", {"text": "Hel"})
    assert reading.text == "Hello"
    assert end["status"] == "done"
    assert b"event: end\n" in reading.received
    assert reading.comments != []


def test_a_visitor_keeps_their_session(site: Site) -> None:
    site.upstream.enqueue(Reply("Hello"))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        assert reading.end["status"] == "done"
    path = f"/c/{reading.start['conversation']}/"

    assert visitor.get(path).status_code == 200
    assert site.visitor().get(path).status_code == 404


def test_anything_but_events_fails_a_reading(site: Site) -> None:
    with pytest.raises(AssertionError, match="400"):
        site.visitor().send("")


@contextlib.contextmanager
def read_from_a_socket(*, receive_buffer: int | None = None) -> Iterator[tuple[Reading, socket.socket]]:
    """A reading of which something has come that is not read, and the server's end of it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        visitor = Visitor(f"http://127.0.0.1:{listener.getsockname()[1]}", receive_buffer=receive_buffer)
        asking = pool.submit(visitor.follow, "a-run")
        servers_end, _ = listener.accept()
        with visitor, servers_end:
            servers_end.settimeout(60)
            assert servers_end.recv(65536).endswith(b"\r\n\r\n")
            servers_end.sendall(head + b"data: read\n\n")
            reading = asking.result()
            assert next(reading).data == "read"
            servers_end.sendall(b"data: unread\n\n")
            yield reading, servers_end


def test_a_visitor_can_leave_with_a_fin_while_more_comes() -> None:
    with read_from_a_socket() as (reading, servers_end):
        reading.hang_up()

        for _ in range(3):
            assert servers_end.recv(1) == b""
            servers_end.sendall(b"data: unread\n\n")


def test_a_visitor_can_leave_with_an_rst() -> None:
    with read_from_a_socket() as (reading, servers_end):
        reading.drop()

        with pytest.raises(ConnectionResetError):
            servers_end.recv(1)


def test_a_visitor_with_small_buffers_holds_a_server_up_who_does_not_read() -> None:
    """After less than a reply. Usual connections have room for megabytes."""
    with read_from_a_socket(receive_buffer=4096) as (_, servers_end):
        servers_end.settimeout(1)
        with pytest.raises(TimeoutError):
            servers_end.sendall(b": \n" * 100_000)


@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_a_site_of_its_own_can_have_other_workers(start_site: SiteStarter, worker_class: str) -> None:
    site = start_site(worker_class=worker_class, workers=2, threads=8)
    site.upstream.enqueue(Reply("Hello"))

    with site.visitor().send("Hi") as reading:
        assert reading.end["status"] == "done"

    wait_until(lambda: len(site.server.worker_pids) == 2)


def test_the_servers_environment_has_none_of_the_developers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a key that costs money")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    assert not {"OPENAI_API_KEY", "HTTPS_PROXY"} & environment(tmp_path).keys()


def test_a_server_that_cannot_start_says_why(prepared: Path) -> None:
    server = GunicornServer(data_dir=prepared, settings={"CHAT_ALLOW_GUESTS": "perhaps"})

    with pytest.raises(AssertionError, match="gunicorn ended with") as raised, server:
        pass

    assert "CHAT_ALLOW_GUESTS is 'perhaps'" in raised.value.__notes__[0]


def test_a_server_that_does_not_end_is_killed_and_fails_the_test(start_site: SiteStarter) -> None:
    server = start_site().server
    workers = server.worker_pids
    os.kill(server.pid, signal.SIGSTOP)

    assert not server.stop(timeout=0.1)

    assert server.process.returncode == -signal.SIGKILL
    for pid in workers:
        wait_until(functools.partial(has_ended, pid))


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or has ended and waits to be reaped."""
    command = Path(f"/proc/{pid}/cmdline")
    return not command.exists() or command.read_bytes() == b""
