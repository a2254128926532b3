"""The tests' server is a real gunicorn, and its visitors behave as browsers do."""

import functools
import os
import signal
from pathlib import Path

import pytest

from tests.server import GunicornServer, environment
from tests.site import Site, SiteStarter
from tests.upstream import EndlessTokens, Reply
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


def test_a_visitor_can_leave_with_fin_and_with_rst(site: Site) -> None:
    site.upstream.enqueue(Reply(EndlessTokens(every=0.01)), Reply(EndlessTokens(every=0.01)))
    visitor = site.visitor()
    with visitor.send("Hi") as left:
        left.until("token")
    dropped = visitor.send("Hi")
    dropped.until("token")

    dropped.drop()

    for reading in (left, dropped):
        assert visitor.stop(reading.start["run"]).is_success
    for request in site.upstream.requests:
        assert request.peer_closed.wait()


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
