"""Peers that are slow, silent, or gone without saying so, delay nobody else. Those of `tests/faults` as well.

A person has a reply going on when the others come. While those do their worst, another page and Stop are
answered within a second, which is the time that the person's client waits for any byte.
"""

import contextlib
import resource
import socket
from collections.abc import Iterator

import pytest

from tests.chatsite.documents.people import on_the_wire, upload, upload_form
from tests.crowd import Crowd, request
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Visitor

# 280 KB: asked for thirty times, it fills the buffers of any connection.
LARGE_FILE = "/static/admin/js/vendor/jquery/jquery.js"
LONG = 30.0


@contextlib.contextmanager
def nobody_waits(site: Site) -> Iterator[None]:
    """A person whose reply goes on meanwhile, who then opens a page and stops it."""
    site.upstream.enqueue(Reply("Hel", site.upstream.gate()))
    person = site.visitor()
    with person.send("Hi") as reading:
        reading.until("token")
        yield
        person.http.timeout = 1.0
        assert person.get("/").status_code == 200
        assert person.stop(reading.start["run"]).status_code == 204
        assert site.upstream.requests[-1].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    assert_a_stranger_is_served(site.visitor())


def assert_a_stranger_is_served(visitor: Visitor) -> None:
    visitor.http.timeout = 1.0
    assert visitor.get("/").status_code == 200


@pytest.mark.alone
def test_peers_that_keep_a_finished_connection_open(start_site: SiteStarter) -> None:
    site = start_site()
    with Crowd(site.url, 30) as crowd, nobody_waits(site):
        crowd.say(request("/healthz", "Connection: close"))
        crowd.hear(b" 200 OK\r\n")


@pytest.mark.alone
def test_peers_that_never_read_as_many_as_there_are_threads(start_site: SiteStarter) -> None:
    site = start_site(threads=8)
    with Crowd(site.url, 16, receive_buffer=4096) as crowd, nobody_waits(site):
        crowd.say(request(LARGE_FILE) * 30)


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
@pytest.mark.parametrize(
    "said",
    [b"", request("/messages/", "Content-Length: 9", method="POST"), request(LARGE_FILE) * 30],
    ids=["silent", "body", "never-read"],
)
def test_more_connections_than_the_worker_may_have(
    start_site: SiteStarter, worker_class: str, said: bytes
) -> None:
    site = start_site(worker_class=worker_class, threads=8, arguments=["--worker-connections=60"])
    with Crowd(site.url, 100, receive_buffer=4096) as crowd, nobody_waits(site):
        crowd.say(said)


@pytest.mark.alone
def test_more_connections_than_the_process_may_open(start_site: SiteStarter) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
    try:
        site = start_site(threads=8)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with Crowd(site.url, 500), nobody_waits(site):
        pass


def test_a_connection_serves_one_request_after_another(start_site: SiteStarter) -> None:
    site = start_site()
    with Crowd(site.url, 1) as crowd:
        for cut in range(1, 40):
            whole = request("/healthz")
            crowd.say(whole[:cut])
            crowd.say(whole[cut:])
            crowd.hear(b"ok\n")
        crowd.say(request("/healthz") + request("/readyz") + request("/nowhere")[:-4])
        crowd.hear(b"ok\n")
        crowd.say(b"\r\n\r\n")
        crowd.hear(b" 404 Not Found")


def test_a_body_is_asked_for_where_the_peer_waits(site: Site) -> None:
    with Crowd(site.url, 1) as crowd:
        crowd.say(request("/messages/", "Content-Length: 6", "Expect: 100-continue", method="POST"))
        crowd.hear(b"HTTP/1.1 100 Continue\r\n\r\n")
        crowd.say(b"text=a")
        crowd.hear(b" 403 Forbidden")


def test_a_head_that_is_too_long_is_refused(site: Site) -> None:
    with Crowd(site.url, 1) as crowd:
        crowd.say(request("/healthz", "Last-Event-ID: " + "9" * 1_000_000))
        crowd.hear(b" 431 Request Header Fields Too Large")


@pytest.mark.parametrize("beginning", [b"GET /healthz HTTP/1.1\nHost: x\n\n", b"\x16\x03\x01\x02\0"])
def test_bytes_that_are_no_request_are_refused(site: Site, beginning: bytes) -> None:
    with Crowd(site.url, 1) as crowd:
        crowd.say(beginning)
        crowd.hear(b" 400 Bad Request")


def half_an_upload(visitor: Visitor) -> bytes:
    """Enough of it to be given a thread, and the rest will not come."""
    form = on_the_wire(upload_form(visitor, "words.txt", "word " * 200_000))
    return form[: len(form) // 2]


def test_an_upload_that_pauses_for_long_ends_without_an_answer(site: Site) -> None:
    person = site.visitor()
    with Crowd(site.url, 1) as crowd:
        crowd.say(half_an_upload(person))
        (sock,) = crowd.sockets
        sock.settimeout(LONG)
        assert sock.recv(1) == b""
    assert_nothing_was_made_of_it(site, person)


def test_an_upload_that_breaks_off_has_no_answer(site: Site) -> None:
    person = site.visitor()
    with Crowd(site.url, 1) as crowd:
        crowd.say(half_an_upload(person))
        (sock,) = crowd.sockets
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    assert_nothing_was_made_of_it(site, person)


def assert_nothing_was_made_of_it(site: Site, person: Visitor) -> None:
    assert "Nothing here yet" in person.get("/documents/").text
    assert "ERROR" not in site.server.log
    assert "Traceback" not in site.server.log


@pytest.mark.parametrize("size", [100_000, 800_000], ids=["short", "long"])
def test_an_upload_arrives_whole(site: Site, size: int) -> None:
    assert upload(site.visitor(), "words.txt", "word " * (size // 5)).status_code == 303


def test_a_request_whose_body_was_read_takes_no_upload_turn(start_site: SiteStarter) -> None:
    """Of four threads one may read a long body; this one has been read."""
    site = start_site(threads=4)
    site.upstream.enqueue(Reply("Hel", site.upstream.gate()))
    with site.visitor().send("Hi", padding="x" * 600_000) as reading:
        reading.until("token")
        assert upload(site.visitor(), "words.txt", "word " * 160_000).status_code == 303


@pytest.mark.alone
def test_peers_do_not_delay_the_end_of_the_worker(start_site: SiteStarter) -> None:
    site = start_site()
    upload = half_an_upload(site.visitor())
    with (
        Crowd(site.url, 5) as finished,
        Crowd(site.url, 5) as begun,
        Crowd(site.url, 5),
        Crowd(site.url, 10) as uploading,
    ):
        uploading.say(upload)
        finished.say(request("/healthz", "Connection: close"))
        finished.hear(b"ok")
        begun.say(b"GET / HT")
        # Two seconds are promised; the rest is for a busy machine. gunicorn's own grace is ten and more.
        assert site.server.stop(timeout=5)
