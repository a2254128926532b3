"""Readers who leave, come back, ask for nonsense, stall, or never read. Promises: see `checker.py`."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from chatsite.server.connection import HEAD
from chatsite.server.slow_peers import STALLED
from tests.chatsite.documents.people import on_the_wire, upload_form
from tests.crowd import Crowd, request
from tests.faults.checker import check, check_others, in_time
from tests.faults.conftest import TWO_KINDS
from tests.faults.connections import ServersEnd
from tests.faults.ledger import Ledger, Prompt
from tests.faults.store import SQLite, stored
from tests.server import ROOT, environment
from tests.site import Site, SiteStarter
from tests.upstream import EndlessTokens, Reply
from tests.visitor import EVENTS, Reading
from tests.waiting import wait_until

two_kinds = pytest.mark.parametrize("site", TWO_KINDS, indirect=True)

FREED_WITHIN = 2.0
LONG = 30.0
SMALL = 4096
"""Bytes of a receive buffer that is soon full."""
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
@pytest.mark.parametrize("leave", [Reading.hang_up, Reading.drop], ids=["FIN", "RST"])
def test_a_reader_leaves_and_the_reply_goes_on(
    site: Site, ledger: Ledger, leave: Callable[[Reading], None], *, silent: bool
) -> None:
    gate = site.upstream.gate()
    endless = Reply("a ", "b ", EndlessTokens("c ", every=0.01))
    prompt, reading = ledger.ask(site.visitor(), Reply("a ", gate, "b") if silent else endless)
    reading.until("token")
    servers_end = ServersEnd(site, reading)
    assert not servers_end.is_closed()

    leave(reading)

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


def from_each_process(site: Site, prompt: Prompt, *, after: int) -> Iterator[Reading]:
    """The events after one, from every process of the site, the run's own and the others. Which of them
    answers is the kernel's to say: so one asks until all have."""
    answered: set[int] = set()

    def another() -> Reading | None:
        found = prompt.follow(after=after)
        if not isinstance(found, Reading):
            assert found.status_code == 503, found.text  # the readers before have not been missed yet
            return None
        worker = ServersEnd(site, found).worker
        if worker is None or worker in answered:
            found.close()
            return None
        answered.add(worker)
        return found

    while set(site.server.worker_pids) - answered:
        found = wait_until(another, timeout=LONG, message=f"of the workers only {answered} answer")
        assert found is not None
        with found:
            yield found


def test_a_reply_is_resumed_after_every_one_of_its_events(site: Site, ledger: Ledger) -> None:
    prompt = a_whole_reply(ledger, site, "One ", "two ", "three ", "four.")
    whole = prompt.sights[0].events
    for after in range(len(whole)):
        for again in from_each_process(site, prompt, after=after):
            assert read_all(again).events == whole[after:]
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
        last = int(events[-1].id)
        (event,) = {again.until("token") for again in from_each_process(site, prompt, after=last)}
        events.append(event)
    assert "".join(event.json["text"] for event in events) == "0 1 2 3 end"
    for again in from_each_process(site, prompt, after=6):
        assert again.end["status"] == "done"


def test_five_tabs_read_one_run(site: Site, ledger: Ledger) -> None:
    gate = site.upstream.gate()
    prompt, first = ledger.ask(site.visitor(), Reply("a", gate, "b", "c"))
    first.until("token")
    tabs = [prompt.follow() for _ in range(5)]
    gate.open()
    read = [bytes(read_all(tab).received) for tab in (first, *tabs)]
    assert len(set(read)) == 1
    assert len(prompt.calls) == 1


NO_NUMBERS = ["-1", "9e99", "3", "99", "1.5", "+1", "x", "٣", "0x1", "1" * 19, "1 2", "1,2", "9" * 4000]
"""Where the run has two events. (gunicorn takes 4,094 bytes of an address, and 8,190 of a header.)"""


def test_a_number_that_is_none_is_refused(site: Site, ledger: Ledger) -> None:
    gate = site.upstream.gate()
    prompt, reading = ledger.ask(site.visitor(), Reply("a", gate))
    reading.until("token")
    for last in [*NO_NUMBERS, " "]:
        assert_refused(prompt, after=last)
    for last in NO_NUMBERS:
        assert_refused(prompt, after="1", header=last)
    gate.open()
    read_all(reading)


def assert_refused(prompt: Prompt, *, after: str, header: str | None = None) -> None:
    headers = [(b"Accept", EVENTS.encode())]
    headers += [(b"Last-Event-ID", header.encode())] if header else []
    path = f"/runs/{prompt.run}/events/"
    answer = prompt.person.http.get(path, params={"after": after}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_event_id"), (after, header)


def test_a_megabyte_of_a_number_is_refused(site: Site, ledger: Ledger) -> None:
    prompt = a_whole_reply(ledger, site, "a")
    headers = {"Accept": EVENTS, "Last-Event-ID": "9" * 1_000_000}
    asked = prompt.person.http.build_request("GET", f"/runs/{prompt.run}/events/", headers=headers)
    assert "cookie" in asked.headers
    with Crowd(site.url, 1) as crowd:
        crowd.say(on_the_wire(asked))
        crowd.hear(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        crowd.hear_the_end(within=FREED_WITHIN)


def test_the_number_of_another_run(site: Site, ledger: Ledger) -> None:
    mine = a_whole_reply(ledger, site, "mine")
    theirs = a_whole_reply(ledger, site, "theirs")

    ahead = mine.follow(after=len(mine.sights[0].events) + 1)  # as many as a longer run would have
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

    (reset,) = read_all(prompt.follow(after=1)).events
    last = prompt.follow(after=len(prompt.sights[0].events))

    assert (reset.name, reset.json["message"]) == ("reset", prompt.message)
    assert not isinstance(last, Reading)
    assert last.status_code == 204
    assert "<p>It is stored.</p>" in prompt.person.get(f"/c/{prompt.conversation}/").text


# Being slow


def test_a_reader_who_does_not_read_for_a_while_misses_nothing(site: Site, ledger: Ledger) -> None:
    """As a page does that is hidden, on a connection whose buffers are soon full."""
    prompt, reading, whole = a_reply_that_is_not_read(site, ledger)
    servers_end = ServersEnd(site, reading)
    store = SQLite(site.data_dir)
    wait_until(
        lambda: stored(store, prompt.text).is_over, timeout=LONG, message="the reply waits for a reader"
    )
    assert servers_end.unsent < len(whole) / 2, "the kernel has it, and nobody waits"

    assert read_all(reading).end["status"] == "done"
    assert reading.text == whole


@pytest.mark.parametrize("site", ["gthread-2"], indirect=True)
def test_a_reader_who_did_not_read_until_it_was_cut_off_misses_nothing(site: Site, ledger: Ledger) -> None:
    """As a page that was hidden for minutes: half of one is as long as the site waits."""
    prompt, reading, whole = a_reply_that_is_not_read(site, ledger)
    wait_until(ServersEnd(site, reading).is_closed, timeout=STALLED + LONG)

    with pytest.raises(httpx.RemoteProtocolError):
        read_all(reading)
    assert reading.text != whole
    for rest in from_each_process(site, prompt, after=int(reading.events[-1].id)):
        assert read_all(rest).end["status"] == "done"
        assert reading.text + rest.text == whole


def a_reply_that_is_not_read(site: Site, ledger: Ledger) -> tuple[Prompt, Reading, str]:
    """But for its beginning. The last is its text, of which a connection holds little."""
    gate = site.upstream.gate()
    tokens = ["a ", *(f"{number:05d} " * 50 for number in range(2000))]
    prompt, reading = ledger.ask(site.visitor(receive_buffer=SMALL), Reply(*tokens[:1], gate, *tokens[1:]))
    reading.until("token")
    gate.open()
    return prompt, reading, "".join(tokens)


def test_readers_who_never_read(site: Site, ledger: Ledger) -> None:
    """More of them than there are threads."""
    with Crowd(site.url, 45 * len(site.server.worker_pids), receive_buffer=SMALL) as crowd:
        crowd.say(request(LARGE_FILE) * 30)
        a_whole_reply(ledger, site, "served ", "all the same")
        check_others(ledger, site)


@pytest.mark.parametrize(
    "room",
    ["--worker-class=gthread --threads=12", "--worker-class=gevent --worker-connections=12"],
    ids=["gthread", "gevent"],
)
def test_streams_that_nobody_reads_as_many_as_there_may_be(start_site: SiteStarter, room: str) -> None:
    """Tokens flow all the while. A quarter of the threads stays for pages and Stop."""
    site = start_site(arguments=[room])
    ledger, store = Ledger(site.upstream), SQLite(site.data_dir)
    mine, reading = ledger.ask(site.visitor(), Reply("Mine ", site.upstream.gate()))
    reading.until("token")
    place = ServersEnd(site, reading)
    reading.hang_up()
    wait_until(place.is_closed)

    tokens = [f"{number:05d} " * 50 for number in range(500)]
    endless = Reply(*tokens, EndlessTokens("on ", every=0.01))
    prompt, first = ledger.ask(site.visitor(receive_buffer=SMALL), endless)
    first.until("start")
    found = [first, *(prompt.follow() for _ in range(9))]
    unread = [one for one in found if isinstance(one, Reading)]
    assert len(unread) == 9
    ends = [ServersEnd(site, reading) for reading in unread]

    def all_wait() -> bool:
        """More has been said than a connection holds."""
        (reply,) = stored(store, prompt.text).replies
        return len(reply.events) > len(tokens) and all(end.unsent > SMALL for end in ends)

    wait_until(all_wait, timeout=LONG)
    assert in_time(lambda: mine.person.get(f"/c/{mine.conversation}/")).status_code == 200
    assert in_time(mine.stop).status_code == 204
    assert in_time(prompt.stop).status_code == 204

    texts = {read_all(reading).text for reading in unread}
    assert texts == {reply.content for reply in stored(store, prompt.text).replies}
    check(ledger, store)


BEGINNINGS = [
    b"",
    b"GET / HT",
    request("/")[:-2],
    request("/messages/", "Content-Length: 1000", method="POST") + b"text=",
    request("/messages/", "Transfer-Encoding: chunked", method="POST") + b"5\r\n",
]


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=["silent", "request-line", "head", "body", "chunk"])
def test_hundreds_of_requests_that_never_end(site: Site, ledger: Ledger, beginning: bytes) -> None:
    with Crowd(site.url, 300) as crowd:
        crowd.say(beginning)
        a_whole_reply(ledger, site, "served ", "all the same")
        check_others(ledger, site)


@two_kinds
def test_hundreds_of_heads_that_come_byte_by_byte(site: Site, ledger: Ledger) -> None:
    """Each byte comes soon, and the last after half a minute: they are cut off."""
    head = request("/", "Accept: text/html", "Accept-Language: en")
    with Crowd(site.url, 200) as crowd, crowd.trickling(head, every=0.5):
        a_whole_reply(ledger, site, "served ", "all the same")
        check_others(ledger, site)
        crowd.hear_the_end(within=HEAD + FREED_WITHIN)


@two_kinds
def test_hundreds_of_bodies_that_come_byte_by_byte(site: Site, ledger: Ledger) -> None:
    """They are answered when all of them is there."""
    form = on_the_wire(site.visitor().form("/messages/", {"text": ""}, {"Accept": EVENTS}))
    with Crowd(site.url, 200) as crowd:
        crowd.say(form[:-10])
        with crowd.trickling(form[-10:], every=0.25):
            a_whole_reply(ledger, site, "served ", "all the same")
            check_others(ledger, site)
            crowd.hear(b'{"error": {"code": "required",')


def test_hundreds_of_uploads_that_come_byte_by_byte(site: Site, ledger: Ledger) -> None:
    """Of people who may upload: the site wants all of what they send."""
    form = on_the_wire(upload_form(site.visitor(), "words.txt", "word " * 200_000))
    with Crowd(site.url, 300) as crowd:
        crowd.say(form[:5000])
        with crowd.trickling(form[5000:], every=0.25):
            a_whole_reply(ledger, site, "served ", "all the same")
            check_others(ledger, site)
