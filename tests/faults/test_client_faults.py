"""Readers who leave, come back, ask for nonsense, stall, or never read. Promises: see `checker.py`."""

import socket
import subprocess
import sys

import pytest

from tests.chatsite.documents.people import on_the_wire, upload_form
from tests.crowd import Crowd, request
from tests.faults.checker import check_others
from tests.faults.connections import ServersEnd
from tests.faults.ledger import Ledger, Prompt
from tests.faults.store import SQLite, stored
from tests.server import ROOT, environment
from tests.site import Site, SiteStarter
from tests.upstream import EndlessTokens, Reply
from tests.visitor import EVENTS, Reading
from tests.waiting import wait_until

FREED_WITHIN = 2.0
LONG = 30.0
LARGE_FILE = "/static/admin/js/vendor/jquery/jquery.js"
"""280 KB: asked for thirty times, it fills the buffers of any connection."""


def read_all(found: object) -> Reading:
    """A reading, read to its end."""
    assert isinstance(found, Reading), found
    for _ in found:
        pass
    return found


def a_whole_reply(ledger: Ledger, site: Site, *tokens: str) -> Prompt:
    prompt, reading = ledger.ask(site.visitor(), Reply(*tokens))
    assert read_all(reading).end["status"] == "done"
    return prompt


# Leaving


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "flowing"])
@pytest.mark.parametrize("leave", ["close", "drop"], ids=["FIN", "RST"])
def test_a_reader_leaves_and_the_reply_goes_on(
    site: Site, ledger: Ledger, leave: str, *, silent: bool
) -> None:
    gate = site.upstream.gate()
    endless = Reply("a ", "b ", EndlessTokens("c ", every=0.01))
    prompt, reading = ledger.ask(site.visitor(), Reply("a ", gate, "b") if silent else endless)
    reading.until("token")
    servers_end = ServersEnd(site, reading)
    assert not servers_end.is_closed()

    getattr(reading, leave)()

    wait_until(servers_end.is_closed, timeout=FREED_WITHIN, message="the reader's thread was not freed")
    assert not prompt.calls[0].request.peer_closed.is_set()
    gate.open()
    if silent:
        assert read_all(prompt.follow(after=2)).text == "b"
    else:
        with prompt.follow(after=2) as live:  # type: ignore[union-attr]
            live.until("token")
            assert prompt.stop().status_code == 204
            assert live.end["status"] == "stopped"


# Coming back


def test_a_reply_is_resumed_after_every_one_of_its_events(site: Site, ledger: Ledger) -> None:
    prompt = a_whole_reply(ledger, site, "One ", "two ", "three ", "four.")
    whole = prompt.sights[0].events
    for after in range(len(whole)):
        for _ in range(3):  # whichever process answers
            assert read_all(prompt.follow(after=after)).events == whole[after:]
    answer = prompt.follow(after=len(whole))
    assert not isinstance(answer, Reading)
    assert answer.status_code == 204


def test_a_reply_is_resumed_while_it_goes_on(site: Site, ledger: Ledger) -> None:
    gates = [site.upstream.gate() for _ in range(4)]
    steps = [step for number, gate in enumerate(gates) for step in (f"{number} ", gate)]
    prompt, reading = ledger.ask(site.visitor(), Reply(*steps, "end"))
    events = [reading.until("token")]
    reading.close()
    for gate in gates:
        gate.open()
        again = prompt.follow(after=int(events[-1].id))
        assert isinstance(again, Reading)
        events.append(again.until("token"))
        again.drop()
    assert "".join(event.json["text"] for event in events) == "0 1 2 3 end"
    assert read_all(prompt.follow(after=6)).end["status"] == "done"


def test_five_tabs_read_one_run(site: Site, ledger: Ledger) -> None:
    gate = site.upstream.gate()
    prompt, first = ledger.ask(site.visitor(), Reply("a", gate, "b", "c"))
    first.until("token")
    tabs = [prompt.follow() for _ in range(5)]
    gate.open()
    read = [bytes(read_all(tab).received) for tab in (first, *tabs)]
    assert len(set(read)) == 1
    assert len(prompt.calls) == 1


def test_a_number_that_is_none_is_refused(site: Site, ledger: Ledger) -> None:
    gate = site.upstream.gate()
    prompt, reading = ledger.ask(site.visitor(), Reply("a", gate))
    reading.until("token")
    for last in ["-1", "9e99", "3", "99", "1.5", "x", " ", "٣", "0x1", "1" * 19, "1 2"]:
        answer = prompt.person.http.get(
            f"/runs/{prompt.run}/events/", params={"after": last}, headers={"Accept": EVENTS}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_event_id"), last
    gate.open()
    read_all(reading)


def test_a_megabyte_of_a_number_is_refused(site: Site, ledger: Ledger) -> None:
    prompt = a_whole_reply(ledger, site, "a")
    with Crowd(site.url, 1) as crowd:
        crowd.say(request(f"/runs/{prompt.run}/events/", "Last-Event-ID: " + "9" * 1_000_000))
        crowd.hear(b"HTTP/1.1 4")


def test_the_number_of_another_run(site: Site, ledger: Ledger) -> None:
    mine = a_whole_reply(ledger, site, "mine")
    theirs = a_whole_reply(ledger, site, *"theirs, which is longer")

    ahead = mine.follow(after=len(theirs.sights[0].events))
    foreign = Prompt.follow(theirs, mine.person, after=1)

    assert not isinstance(ahead, Reading)
    assert not isinstance(foreign, Reading)
    assert (ahead.status_code, foreign.status_code) == (400, 404)
    assert foreign.headers["Content-Type"].startswith("application/json")


def test_a_reader_who_comes_back_after_the_events_were_deleted(start_site: SiteStarter) -> None:
    site = start_site(settings={"STREAM_KEEP_EVENTS": "0.001"})
    ledger = Ledger(site.upstream)
    prompt = a_whole_reply(ledger, site, "It is ", "stored.")
    command = [sys.executable, "manage.py", "prune"]
    settings = environment(site.data_dir, STREAM_KEEP_EVENTS="0.001")
    subprocess.run(command, cwd=ROOT, env=settings, check=True, capture_output=True, timeout=LONG)

    (reset,) = read_all(prompt.follow(after=2)).events
    last = prompt.follow(after=4)

    assert (reset.name, reset.json["message"]) == ("reset", prompt.message)
    assert not isinstance(last, Reading)
    assert last.status_code == 204
    assert "<p>It is stored.</p>" in prompt.person.get(f"/c/{prompt.conversation}/").text


# Being slow


def test_a_reader_who_does_not_read_for_a_while_misses_nothing(site: Site, ledger: Ledger) -> None:
    """As a page does that is hidden, on a connection whose buffers are soon full."""
    gate = site.upstream.gate()
    tokens = [f"{number:05d} " * 50 for number in range(2000)]
    prompt, reading = ledger.ask(site.visitor(receive_buffer=4096), Reply("a ", gate, *tokens))
    reading.until("token")
    gate.open()
    store = SQLite(site.data_dir)
    wait_until(
        lambda: stored(store, prompt.text).is_over, timeout=LONG, message="the reply waits for a reader"
    )
    sock = reading.response.extensions["network_stream"].get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_000_000)  # or it would take half a minute

    assert read_all(reading).end["status"] == "done"
    assert reading.text == "a " + "".join(tokens)


def test_readers_who_never_read(site: Site, ledger: Ledger) -> None:
    with Crowd(site.url, 45, receive_buffer=4096) as crowd:
        crowd.say(request(LARGE_FILE) * 30)
        a_whole_reply(ledger, site, "served ", "all the same")
        check_others(ledger, site)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HT",
        request("/")[:-2],
        request("/messages/", "Content-Length: 1000", method="POST") + b"text=",
        request("/messages/", "Transfer-Encoding: chunked", method="POST") + b"5\r\n",
    ],
    ids=["silent", "request-line", "head", "body", "chunk"],
)
def test_hundreds_of_requests_that_never_end(site: Site, ledger: Ledger, beginning: bytes) -> None:
    with Crowd(site.url, 300) as crowd:
        crowd.say(beginning)
        a_whole_reply(ledger, site, "served ", "all the same")
        check_others(ledger, site)


def test_hundreds_of_uploads_that_never_end(site: Site, ledger: Ledger) -> None:
    """Of people who may upload: the site wants all of what they send."""
    form = on_the_wire(upload_form(site.visitor(), "words.txt", "word " * 200_000))
    with Crowd(site.url, 300) as crowd:
        crowd.say(form[:5000])
        a_whole_reply(ledger, site, "served ", "all the same")
        check_others(ledger, site)
