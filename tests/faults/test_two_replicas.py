"""The promises on several machines: whichever replica is asked, whichever of them dies, or of the stores.

After each test the checker holds all promises.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from streaming.log import wakeups
from tests.faults import topology
from tests.faults.checker import OTHERS_WITHIN, check, check_others
from tests.faults.ledger import Ledger, Prompt
from tests.faults.reader import Reader
from tests.faults.store import PostgreSQL
from tests.faults.topology import Topology, at
from tests.server import free_port
from tests.services import nginx
from tests.services.disk import SmallDisk
from tests.site import Site
from tests.upstream import EndlessTokens, Reply
from tests.visitor import Reading, Visitor
from tests.waiting import wait_until

LONG = 60.0
SETTINGS = {"STREAM_LEASE": "5"}
"""Seconds of silence until a replica is taken for dead: a test waits for it."""
WHOLE = "Once upon a time."
LONGEST_PAUSE = 5.0
"""Seconds between two tries to reach a Redis that is away, once it has been for a while."""


WORKER_CLASSES = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"replicas-{name}")) for name in ("gthread", "gevent")
]


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def shared_topology(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Topology]:
    directory = tmp_path_factory.mktemp("topology")
    with topology.running(directory, worker_class=request.param, settings=SETTINGS) as running:
        yield running


@pytest.fixture
def top(shared_topology: Topology) -> Iterator[Topology]:
    """All of it; a replica that the test has ended runs again afterwards."""
    for replica in shared_topology.replicas:
        replica.server.mark_log()
    yield shared_topology
    shared_topology.new_round()
    for replica in shared_topology.replicas:
        if replica.server.process.poll() is not None:
            replica.server.start()


@pytest.fixture
def ledger(top: Topology) -> Iterator[Ledger]:
    """What the test sends and sees. After it all the promises are checked, while what it killed is dead."""
    ledger = Ledger(top.upstream)
    yield ledger
    check_others(ledger, top.front)
    check(ledger, PostgreSQL(top.postgresql.url))


class Story:
    """A reply in the middle: sent at the first replica, where its first word has been read."""

    def __init__(self, top: Topology, ledger: Ledger) -> None:
        self.gate = top.upstream.gate()
        self.person = top.replicas[0].visitor()
        self.prompt, self.reading = ledger.ask(self.person, Reply("Once ", self.gate, "upon ", "a ", "time."))
        self.reading.until("token")
        self.other = at(top.replicas[1], self.person)
        """The same person at the second replica."""
        self.front = at(top.front, self.person)
        """And through nginx."""
        self.doors = (self.person, self.other, self.front)

    def assert_everybody_has_it_all(self) -> None:
        for door in self.doors:
            reader = read(self.prompt, door)
            assert (reader.status, reader.text) == ("done", WHOLE)


def read(prompt: Prompt, door: Visitor | None = None) -> Reader:
    """Somebody has read it to its end, whatever came between."""
    reader = Reader(prompt, door=door).start()
    reader.join()
    return reader


def goes_on(top: Topology, ledger: Ledger) -> None:
    """Another story, told without a fault."""
    story = Story(top, ledger)
    story.gate.open()
    story.assert_everybody_has_it_all()


def told_across(top: Topology, ledger: Ledger) -> None:
    """Each replica tells a story that is read at the other while it goes on."""
    for here, there in (top.replicas, top.replicas[::-1]):
        gate = top.upstream.gate()
        prompt, first = ledger.ask(here.visitor(), Reply("Once ", gate, "more"))
        first.until("token")
        reading = prompt.follow(at(there, prompt.person))
        assert isinstance(reading, Reading)
        reading.until("token")
        gate.open()
        assert (reading.end["status"], reading.text) == ("done", "Once more")
        assert first.end["status"] == "done"


# Nothing dies


def test_a_reply_is_read_wherever_one_asks(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    readings = [door.follow(story.prompt.run) for door in (*story.doors, story.front, story.other)]
    for reading in readings:
        reading.until("token")

    story.gate.open()

    assert {reading.end["status"] for reading in [story.reading, *readings]} == {"done"}
    assert {bytes(reading.received) for reading in readings} == {bytes(story.reading.received)}
    story.assert_everybody_has_it_all()


def test_a_reply_is_resumed_elsewhere_after_every_one_of_its_events(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    story.gate.open()
    whole = read(story.prompt, story.other).events

    for after in range(len(whole)):
        answer = story.prompt.follow((story.other, story.front)[after % 2], after=after)
        assert isinstance(answer, Reading)
        assert list(answer) == whole[after:]


def test_the_page_of_the_other_replica_has_the_text_so_far(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)

    page = story.other.get(f"/c/{story.prompt.conversation}/").text

    assert "Once" in page
    assert story.prompt.run in page
    story.gate.open()
    story.assert_everybody_has_it_all()


def test_a_second_proxy_in_front_of_the_first_does_not_hold_a_stream_back(
    top: Topology, ledger: Ledger
) -> None:
    port = free_port()
    outer = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {top.front.url}; }} }}"
    gate = top.upstream.gate()
    with nginx.running(outer, port=port, files={}) as proxy, Visitor(proxy.url) as person:
        # It names itself to the inner one: the origin of a form is then somebody else's. So: send inside.
        prompt, inside = ledger.ask(top.front.visitor(), Reply("Once ", gate, "more"))
        inside.until("token")
        person.http.cookies.update(prompt.person.http.cookies)

        with person.follow(prompt.run) as reading:
            assert reading.until("token").json == {"text": "Once "}  # the gate is closed
            gate.open()
            assert reading.end["status"] == "done"


@pytest.mark.parametrize("door", [0, 1, 2], ids=["own", "other", "proxy"])
def test_stop_from_anywhere_while_tokens_flow(top: Topology, ledger: Ledger, door: int) -> None:
    person = top.replicas[0].visitor()
    prompt, reading = ledger.ask(person, Reply(EndlessTokens(every=0.01)))
    reading.until("token")
    elsewhere = at((*top.replicas, top.front)[door], person)

    assert prompt.stop(elsewhere).status_code == 204

    assert reading.end["status"] == "stopped"
    assert prompt.stop(elsewhere).status_code == 204  # once more changes nothing


@pytest.mark.parametrize("silent", ["before its headers", "in the middle"])
def test_stop_from_the_other_replica_while_the_provider_is_silent(
    top: Topology, ledger: Ledger, silent: str
) -> None:
    gate = top.upstream.gate()
    before = silent == "before its headers"
    script = Reply("never", headers_after=gate) if before else Reply("Hi", gate, "never")
    prompt, reading = ledger.ask(top.replicas[0].visitor(), script)
    reading.until("start" if before else "token")
    top.upstream.wait_for_request(1)

    assert prompt.stop(at(top.replicas[1], prompt.person)).status_code == 204

    assert reading.end["status"] == "stopped"
    assert reading.text == ("" if before else "Hi")


def test_one_key_is_one_reply_whichever_replica_gets_it(top: Topology, ledger: Ledger) -> None:
    person = top.replicas[0].visitor()
    person.get("/")
    prompt = ledger.prompt(person, Reply("Hello."))
    doors = [person, *(at(site, person) for site in (*top.replicas, top.front))]

    with ThreadPoolExecutor(len(doors)) as pool:
        answers = list(pool.map(prompt.post, doors))

    for answer in answers:
        assert isinstance(answer, Reading)
        assert (answer.end["status"], answer.text) == ("done", "Hello.")


def test_text_that_postgresql_and_utf_8_cannot_hold(top: Topology, ledger: Ledger) -> None:
    tokens = ["nothing: \0", "\ud83d", "\ude00", "half of one: \ud83d", "!"]
    text = "nothing: \ufffd\N{GRINNING FACE}half of one: \ufffd!"
    prompt, reading = ledger.ask(top.replicas[0].visitor(), Reply(*tokens), says=text)

    assert (reading.end["status"], reading.text) == ("done", text)

    elsewhere = at(top.replicas[1], prompt.person)
    assert read(prompt, elsewhere).text == text
    assert text in elsewhere.get(f"/c/{prompt.conversation}/").text


def test_what_belongs_to_somebody_else_is_nowhere_to_be_found(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    for site in (*top.replicas, top.front):
        stranger = site.visitor()
        assert stranger.get(f"/runs/{story.prompt.run}/events/").status_code == 404
        assert stranger.stop(story.prompt.run).status_code == 404
    story.gate.open()
    story.assert_everybody_has_it_all()


# A replica dies


def test_a_reply_whose_replica_is_killed_is_interrupted_with_its_text(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    live = Reader(story.prompt, door=story.front).start()
    live.wait_for(2)
    ledger.bereave()

    top.replicas[0].server.kill()

    live.join()
    assert (live.status, live.text) == ("interrupted", "Once ")
    assert read(story.prompt, story.other).events == live.events


def test_a_reply_of_which_nothing_was_seen_is_written_by_the_other(top: Topology, ledger: Ledger) -> None:
    never = Reply("never", headers_after=top.upstream.gate())
    prompt, reading = ledger.ask(top.replicas[0].visitor(), never, Reply("Hello ", "again."))
    reading.until("start")
    top.upstream.wait_for_request(1)
    ledger.bereave()

    top.replicas[0].server.kill()

    reader = read(prompt, at(top.front, prompt.person))
    assert (reader.status, reader.text) == ("done", "Hello again.")
    assert reader.events[: len(reading.events)] == reading.events


def test_the_site_goes_on_while_a_replica_is_dead(top: Topology, ledger: Ledger) -> None:
    person = top.front.visitor()
    top.replicas[0].server.kill()

    for _ in range(6):  # each replica's turn, several times
        assert read(ledger.prompt(person, Reply("Hello."))).status == "done"
        assert person.get("/").status_code == 200


def test_a_replica_that_was_taken_for_dead_changes_nothing_any_more(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    processes = [top.replicas[0].server.pid, *top.replicas[0].server.worker_pids]
    ledger.bereave()
    signal_all(processes, signal.SIGSTOP)
    try:
        reader = read(story.prompt, story.other)
        assert (reader.status, reader.text) == ("interrupted", "Once ")
    finally:
        signal_all(processes, signal.SIGCONT)

    story.gate.open()  # it may get the rest of the reply now, which nobody wants any more
    request = story.prompt.calls[0].request
    wait_until(lambda: request.peer_closed.is_set() or request.answered.is_set(), timeout=LONG)
    assert read(ledger.prompt(story.person, Reply("I am back."))).status == "done"

    for door in story.doors:
        assert read(story.prompt, door).events == reader.events


def signal_all(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        os.kill(process, number)


def test_a_replica_that_is_told_to_leave_hands_its_readers_over(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    live = Reader(story.prompt, door=story.front).start()
    live.wait_for(2)

    top.replicas[0].server.process.send_signal(signal.SIGTERM)
    for _ in story.reading:  # sent away at once, although the reply goes on
        pass
    assert story.reading.events[-1].name == "token"
    wait_until(lambda: refuses(top.replicas[0]))
    somebody = top.front.visitor()
    assert somebody.get("/").status_code == 200
    assert read(ledger.prompt(somebody, Reply("Hello."))).status == "done"
    story.gate.open()

    live.join()
    assert (live.status, live.text) == ("done", WHOLE)
    assert top.replicas[0].server.process.wait(LONG) == 0


def refuses(replica: Site) -> bool:
    """Whether a connection is refused there. Never is one taken, and then left without an answer."""
    try:
        httpx.get(f"{replica.url}/healthz", timeout=OTHERS_WITHIN, trust_env=False)
    except httpx.TimeoutException:
        raise
    except httpx.TransportError as error:
        return isinstance(error, httpx.ConnectError)
    return False


# A store dies, or the proxy


def both_talk(top: Topology) -> bool:
    """Whether each replica, by a connection that it has now, hears from Redis what others say, and has said
    something itself."""
    with top.redis.client() as client:
        found: Any = client.client_list()
    last = Counter(connection["cmd"] for connection in found)
    return last["xread"] == last["xadd"] == len(top.replicas)


def wait_until_both_talk(top: Topology) -> None:
    """Not for longer than a pause, and what a busy machine may need for a connection."""
    wait_until(lambda: both_talk(top), timeout=LONGEST_PAUSE + 3.0)


def test_redis_killed_refusing_for_a_while_and_restarted(top: Topology, ledger: Ledger) -> None:
    told_across(top, ledger)
    wait_until_both_talk(top)
    story = Story(top, ledger)
    with story.other.follow(story.prompt.run) as reading:
        reading.until("token")
        top.redis.kill()
        killed = time.monotonic()
        story.gate.open()
        assert reading.end["status"] == "done"
    story.assert_everybody_has_it_all()
    while time.monotonic() < killed + 1.4 * LONGEST_PAUSE:  # until the pauses are as long as they get
        told_across(top, ledger)
    check_others(ledger, top.front)

    top.redis.start()

    wait_until_both_talk(top)
    told_across(top, ledger)


def test_redis_flushed(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    with story.other.follow(story.prompt.run) as reading:
        reading.until("token")
        with top.redis.client() as client:
            assert client.xlen(wakeups.KEY) > 0  # the replicas do talk over it
        top.redis.flush()
        story.gate.open()
        assert reading.end["status"] == "done"
    story.assert_everybody_has_it_all()
    goes_on(top, ledger)


def test_redis_that_answers_nobody(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    top.redis.suspend()
    try:
        with story.other.follow(story.prompt.run) as reading:
            reading.until("token")
            story.gate.open()
            assert reading.end["status"] == "done"
        told_across(top, ledger)
        check_others(ledger, top.front)
    finally:
        top.redis.resume()
    wait_until_both_talk(top)
    story.assert_everybody_has_it_all()
    told_across(top, ledger)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_postgresql_restarted(top: Topology, ledger: Ledger, how: str) -> None:
    story = Story(top, ledger)
    live = Reader(story.prompt, door=story.front).start()
    live.wait_for(2)

    getattr(top.postgresql, how)()
    story.gate.open()
    assert top.upstream.requests[0].answered.wait()  # the rest is there, and cannot be stored
    top.postgresql.start()

    live.join()
    assert (live.status, live.text) == ("done", WHOLE)
    story.assert_everybody_has_it_all()
    goes_on(top, ledger)


@contextmanager
def log_on(top: Topology, disk: SmallDisk) -> Iterator[None]:
    """The events are kept on that disk. (Were PostgreSQL's own files there, it would end when it is full, and
    that is another test's.)"""
    with psycopg.connect(top.postgresql.url, autocommit=True) as database:
        database.execute(f"CREATE TABLESPACE small LOCATION '{disk.path}'")
        database.execute("ALTER TABLE streaming_logpart SET TABLESPACE small")
        yield
        database.execute("ALTER TABLE streaming_logpart SET TABLESPACE pg_default")
        database.execute("DROP TABLESPACE small")


def test_postgresql_on_a_full_disk(top: Topology, ledger: Ledger, small_disk: SmallDisk) -> None:
    noise = random.Random(1)  # noqa: S311 - what PostgreSQL cannot make smaller
    gates = [top.upstream.gate() for _ in range(2)]
    tokens = [f"{noise.randbytes(1000).hex()} " for _ in range(100)]
    with log_on(top, small_disk):
        live = Reader(ledger.prompt(top.front.visitor(), Reply("Once ", gates[0], *tokens, gates[1], "z")))
        live.start().wait_for(2)
        with small_disk.full():
            gates[0].open()
            wait_until(lambda: cannot_be_stored(top), timeout=LONG)
            assert live.prompt.person.get(f"/c/{live.prompt.conversation}/").status_code == 200
            assert not live.is_over
        gates[1].open()
        live.join()
    assert live.status == "done"


def cannot_be_stored(top: Topology) -> bool:
    return any("cannot be stored" in replica.server.log for replica in top.replicas)


def test_without_postgresql_the_answer_is_busy_and_then_all_is_well(top: Topology, ledger: Ledger) -> None:
    person = top.front.visitor()
    read(ledger.prompt(person, Reply("Hello.")))
    top.postgresql.stop()
    try:
        answer = person.get("/", headers={"Accept": "application/json"})
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "busy"
        assert int(answer.headers["Retry-After"]) > 0
        assert person.get("/readyz").status_code == 503
        assert person.get("/healthz").status_code == 200
    finally:
        top.postgresql.start()
    wait_until(lambda: person.get("/").status_code == 200, timeout=LONG)
    goes_on(top, ledger)


def test_the_proxy_killed_and_restarted(top: Topology, ledger: Ledger) -> None:
    story = Story(top, ledger)
    live = Reader(story.prompt, door=story.front).start()
    live.wait_for(2)

    top.nginx.kill()
    story.gate.open()
    top.nginx.start()

    live.join()
    assert (live.status, live.text) == ("done", WHOLE)
    story.assert_everybody_has_it_all()
