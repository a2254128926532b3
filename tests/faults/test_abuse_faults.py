"""People who mean harm, where runs are concerned. Promises: see `checker.py`.

What they may see and send at all is held by the tests of `tests/chatsite`.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from chatsite.chat.page_view import PAGE_MESSAGES
from tests.faults.checker import check, check_others
from tests.faults.conftest import TWO_KINDS
from tests.faults.ledger import Ledger, Prompt
from tests.faults.store import SQLite
from tests.server import ROOT, environment
from tests.site import Site, SiteStarter
from tests.upstream import Failure, Reply
from tests.visitor import EVENTS, Reading

two_kinds = pytest.mark.parametrize("site", TWO_KINDS, indirect=True)

LONG = 60.0
ACTIONS = ["/runs/{run}/stop/", "/messages/{message}/regenerate/", "/messages/{message}/continue/"]


@contextmanager
def going_on(ledger: Ledger, site: Site) -> Iterator[tuple[Prompt, dict[str, str]]]:
    """A reply that is being written, and has to be done in the end whatever anybody tries."""
    gate = site.upstream.gate()
    prompt, reading = ledger.ask(site.visitor(), Reply("secret ", gate, "words"))
    reading.until("token")
    yield prompt, reading.start
    assert not prompt.calls[0].request.peer_closed.is_set()
    gate.open()
    assert reading.end["status"] == "done"
    assert len(site.upstream.requests) == 1


@two_kinds
def test_a_stranger_can_do_nothing_to_a_run(site: Site, ledger: Ledger) -> None:
    with going_on(ledger, site) as (_, names):
        stranger = site.visitor()
        for accept in (EVENTS, "application/json", "text/html"):
            headers = {"Accept": accept}
            answers = [stranger.post(path.format(**names), headers=headers) for path in ACTIONS]
            events = [f"/runs/{names['run']}/events/{query}" for query in ("", "?after=1", "?html=1")]
            answers += [stranger.get(address, headers=headers) for address in events]
            assert [answer.status_code for answer in answers] == [404] * len(answers)
            assert not any("secret" in answer.text for answer in answers)


@two_kinds
@pytest.mark.parametrize("how", ["no token", "a wrong token", "another origin", "a GET"])
def test_another_sites_page_can_do_nothing_to_a_run(site: Site, ledger: Ledger, how: str) -> None:
    with going_on(ledger, site) as (prompt, names):
        headers = {
            "no token": {"X-CSRFToken": ""},
            "a wrong token": {"X-CSRFToken": "x" * 64},
            "another origin": {"Origin": "https://example.org", "Referer": "https://example.org/"},
        }.get(how)
        for path in [*ACTIONS, "/messages/"]:
            address = path.format(**names)
            if headers is None:
                answer = prompt.person.get(address)
                assert answer.status_code == 405
            else:
                form = {"text": "Hi", "csrfmiddlewaretoken": ""}
                answer = prompt.person.post(address, form, headers=headers)
                assert answer.status_code == 403


@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_one_person_asks_for_five_hundred_streams(start_site: SiteStarter, worker_class: str) -> None:
    """With the bounds that the site has by itself."""
    alone = start_site(worker_class=worker_class)
    ledger = Ledger(alone.upstream)
    gate = alone.upstream.gate()
    greedy = alone.visitor()
    _, first = ledger.ask(greedy, Reply("Welcome."))  # from now on the site knows who this is
    assert first.end["status"] == "done"
    prompts = [ledger.prompt(greedy, Reply("a ", gate, "b")) for _ in range(500)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda prompt: prompt.post(), prompts))
        taken = [answer for answer in answers if isinstance(answer, Reading)]
        refused = [answer for answer in answers if isinstance(answer, httpx.Response)]
        assert 0 < len(taken) <= 4
        assert {answer.status_code for answer in refused} <= {429, 503}
        for reading in taken:
            reading.until("token")
        check_others(ledger, alone)
        theirs = next(prompt for prompt in prompts if prompt.accepted)
        again = list(pool.map(lambda _: theirs.follow(), range(500)))
        assert 0 < sum(isinstance(answer, Reading) for answer in again) <= 12
        check_others(ledger, alone)
    gate.open()
    for reading in taken:
        assert reading.end["status"] == "done"
    check(ledger, SQLite(alone.data_dir))


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_thirty_people_guess_passwords(start_site: SiteStarter, worker_class: str) -> None:
    """Each from an address of their own. To compare one password takes a core for most of a second."""
    site = start_site(worker_class=worker_class)
    ledger = Ledger(site.upstream)
    guesses = []
    for number in range(30):
        guesser = site.visitor()
        guesser.http.headers["X-Forwarded-For"] = f"203.0.113.{number}"
        guesser.get("/accounts/login/")
        form = {"username": f"name-{number}", "password": "a guess"}
        guesses.append((guesser, guesser.form("/accounts/login/", form)))

    with ThreadPoolExecutor(len(guesses)) as pool:
        answers = [pool.submit(guesser.http.send, form) for guesser, form in guesses]
        while not all(answer.done() for answer in answers):
            check_others(ledger, site)

    assert {answer.result().status_code for answer in answers} == {200, 503}
    check(ledger, SQLite(site.data_dir))


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_a_thousand_guests_come_from_one_address(start_site: SiteStarter, worker_class: str) -> None:
    site = start_site(worker_class=worker_class, settings={"LIMIT_GUESTS": "1"})
    ledger = Ledger(site.upstream)
    first = site.visitor()
    first.http.headers["X-Forwarded-For"] = "203.0.113.9"
    _, reading = ledger.ask(first, Reply("Welcome."))
    assert reading.end["status"] == "done"
    form = first.form("/messages/", {"text": "Hi"}, {"Accept": "application/json"})
    form.headers["Cookie"] = f"csrftoken={first.http.cookies['csrftoken']}"  # and none that says who it is

    with ThreadPoolExecutor(6) as pool:  # a browser's connections
        answers = [pool.submit(first.http.send, form) for _ in range(1000)]
        while not all(answer.done() for answer in answers):
            check_others(ledger, site)

    told = {answer.result().json()["error"]["message"].partition(" Try")[0] for answer in answers}
    assert told == {
        "This site lets in 1 new guests a day from one address.",
        "This site answers 600 requests a minute from one address.",
    }
    check(ledger, SQLite(site.data_dir))


@two_kinds
def test_a_conversation_of_thousands_of_turns(site: Site, ledger: Ledger) -> None:
    """Its page shows the newest of them, and nobody else waits for it."""
    prompt, reading = ledger.ask(site.visitor(), Reply("Hello *there*."))
    assert reading.end["status"] == "done"
    prolong(site, reading.start["message"], turns=2_000)
    prompt.person.http.timeout = LONG

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(prompt.person.get, f"/c/{prompt.conversation}/")
        while not opening.done():
            check_others(ledger, site)

    assert opening.result().status_code == 200
    assert opening.result().text.count("<em>there</em>") == PAGE_MESSAGES // 2


def prolong(site: Site, message: str, *, turns: int) -> None:
    """Repeat a question and its answer so often, each after the one before. Straight into the file: through
    the site it would take minutes."""
    with closing(sqlite3.connect(site.data_dir / "db.sqlite3", timeout=60)) as database, database:
        database.row_factory = sqlite3.Row
        find = "SELECT * FROM chat_message WHERE id = ?"
        answer = dict(database.execute(find, [UUID(message).hex]).fetchone())
        question = dict(database.execute(find, [answer["parent_id"]]).fetchone()) | {"content": "Again."}
        first, parent = datetime.fromisoformat(answer["created"]), answer["id"]
        for number in range(1, 2 * turns + 1):
            row = (question if number % 2 else answer) | {"id": uuid4().hex, "parent_id": parent}
            row |= {"run_id": None, "key": None, "created": str(first + timedelta(milliseconds=number))}
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO chat_message ({', '.join(row)}) VALUES ({marks})", [*row.values()])  # noqa: S608
            parent = row["id"]


@two_kinds
def test_a_provider_that_repeats_prompt_and_key_in_its_errors(site: Site, ledger: Ledger) -> None:
    prompt = ledger.prompt(site.visitor())
    body = json.dumps({"error": {"message": f"bad key test-key for {prompt.text}", "type": "x"}}).encode()
    prompt.scripts.append(Failure(400, body=body))
    reading = prompt.post()
    assert isinstance(reading, Reading)
    assert reading.end["status"] == "failed"
    page = prompt.person.get(f"/c/{prompt.conversation}/").text
    assert "test-key" not in page + reading.received.decode() + site.server.log
    assert prompt.text not in reading.received.decode() + site.server.log


@two_kinds
def test_signing_out_in_mid_stream(site: Site, ledger: Ledger) -> None:
    """Who has signed out sees no more of it, and cannot stop it; the reply is written all the same."""
    create_account(site)
    gate = site.upstream.gate()
    person = site.visitor()
    person.get("/accounts/login/")
    person.post("/accounts/login/", {"username": "alice", "password": "canary-password"})
    person.get("/")  # with a token of the new session
    prompt, reading = ledger.ask(person, Reply("a ", gate, "b"))
    reading.until("token")

    assert person.post("/accounts/logout/").status_code in {302, 303}

    assert prompt.stop().status_code == 404
    answer = prompt.follow()
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 404
    gate.open()
    assert reading.end["status"] == "done"
    assert "canary-password" not in site.server.log


def create_account(site: Site) -> None:
    command = [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username", "alice"]
    subprocess.run(
        [*command, "--email", "alice@example.org"],
        cwd=ROOT,
        env=environment(site.data_dir, DJANGO_SUPERUSER_PASSWORD="canary-password"),
        check=True,
        capture_output=True,
        timeout=60,
    )
