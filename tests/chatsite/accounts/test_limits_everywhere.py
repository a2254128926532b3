"""A limit is one limit, however many processes and machines count it, and however much comes at once.

Two workers on one SQLite; and two replicas on one PostgreSQL, one of them with two workers. What a person
sends is sent at all doors at the same moment, and exactly as much of it is taken as the limit says.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.chatsite.documents.people import upload_form
from tests.faults.topology import SECRET_KEY, at
from tests.refusals import JSON, TAKEN, Sent, at_once, told_by, too_many
from tests.server import GunicornServer, copy_prepared, prepare
from tests.services import postgresql
from tests.site import Site, settings_for
from tests.upstream import Reply, ScriptedUpstream, Usage
from tests.visitor import Visitor
from tests.waiting import wait_until

SETTINGS = {
    "CHAT_REPLIES_AT_ONCE": "4",
    "DOCUMENTS_PER_PERSON": "3",
    "LIMIT_GUESTS": "3",
    "LIMIT_GUEST_DISK": "100000",
    "LIMIT_GUEST_MESSAGES": "7",
    "LIMIT_GUEST_TOKENS": "1000",
    "LIMIT_GUEST_UPLOADS": "5",
    "LIMIT_REQUESTS": "50",
    "LIMIT_SIGN_INS": "8",
    "SIGN_IN_FAILURES": "4",
}
STORES = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"limits-{name}")) for name in ("sqlite", "postgresql")
]
GOING_ON = {too_many("replies", 4), too_many("files", 2), too_many("passwords", 2)}


@pytest.fixture(scope="module", params=STORES)
def all_doors(
    request: pytest.FixtureRequest, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Site]]:
    """Where people can ask."""
    directory = tmp_path_factory.mktemp("doors")
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(ScriptedUpstream())
        settings = settings_for(upstream) | SETTINGS
        workers = [2]
        if request.param == "postgresql":
            workers = [2, 1]
            settings |= {"DATABASE_URL": stack.enter_context(postgresql.running()), "SECRET_KEY": SECRET_KEY}
            prepared = directory / "prepared"
            prepare(prepared, **settings)
        servers = [
            GunicornServer(
                data_dir=copy_prepared(prepared, directory / str(number)), settings=settings, workers=count
            )
            for number, count in enumerate(workers)
        ]
        yield [Site(stack.enter_context(server), upstream) for server in servers]


@pytest.fixture
def doors(all_doors: list[Site]) -> Iterator[list[Site]]:
    for door in all_doors:
        door.server.mark_log()
    yield all_doors
    for door in all_doors:
        door.new_round()


def guest(doors: Sequence[Site], *, usage: Usage | None = None) -> list[Visitor]:
    """One guest at all doors. The site knows them, and they have had one reply."""
    person = doors[0].visitor()
    doors[0].upstream.enqueue(Reply("Hello.", usage=usage or Usage()))
    with person.send("Hello") as reading:
        assert reading.end["status"] == "done"
    return [person, *(at(door, person) for door in doors[1:])]


def messages(person: Sequence[Visitor], number: int) -> list[Sent]:
    """So many, at one door after the other."""
    where = itertools.islice(itertools.cycle(person), number)
    return [(visitor, visitor.form("/messages/", {"text": "Hi"}, JSON)) for visitor in where]


def uploads(person: Sequence[Visitor], number: int, content: str = "Tea.") -> list[Sent]:
    where = itertools.islice(itertools.cycle(person), number)
    return [
        (visitor, upload_form(visitor, "a.txt", f"{content}{number}", accept=JSON["Accept"]))
        for number, visitor in enumerate(where)  # the same file is kept once
    ]


def test_messages(doors: list[Site]) -> None:
    person = guest(doors)
    doors[0].upstream.enqueue(*(Reply("Yes.") for _ in range(7 - 1)))
    assert at_once(messages(person, 20), insist_on=GOING_ON) == {
        TAKEN: 7 - 1,
        too_many("messages", 7): 20 - 6,
    }
    wait_until(lambda: len(doors[0].upstream.requests) == 7)


def test_replies_at_once(doors: list[Site]) -> None:
    person = guest(doors)
    gate = doors[0].upstream.gate()
    doors[0].upstream.enqueue(*(Reply("a", gate) for _ in range(4)))
    assert at_once(messages(person, 20)) == {TAKEN: 4, too_many("replies", 4): 20 - 4}
    wait_until(lambda: len(doors[0].upstream.requests) == 1 + 4)


def test_files_and_documents(doors: list[Site]) -> None:
    """A file beyond the documents is counted as well: it was read."""
    told = at_once(uploads(guest(doors), 12), insist_on=GOING_ON)
    assert told == {TAKEN: 3, too_many("documents", 3): 5 - 3, too_many("uploads", 5): 12 - 5}


def test_bytes_of_documents(doors: list[Site]) -> None:
    told = at_once(uploads(guest(doors), 5, "Tea. " * 8_000), insist_on=GOING_ON)
    assert told == {TAKEN: 2, too_many("disk", 100_000): 5 - 2}


def test_tokens(doors: list[Site]) -> None:
    """What was used is counted when it is known. Then all doors are closed."""
    person = guest(doors, usage=Usage(prompt_tokens=999, completion_tokens=1))
    assert at_once(messages(person, 8), insist_on=GOING_ON) == {too_many("tokens", 1000): 8}


def test_requests_of_an_address(doors: list[Site]) -> None:
    headers = JSON | {"X-Forwarded-For": "203.0.113.1"}
    people = [door.visitor() for door in doors]
    where = itertools.islice(itertools.cycle(people), 80)
    told = at_once((visitor, visitor.http.build_request("GET", "/", headers=headers)) for visitor in where)
    assert told == {TAKEN: 50, too_many("requests", 50): 80 - 50}


def test_guests_of_an_address(doors: list[Site]) -> None:
    headers = JSON | {"X-Forwarded-For": "203.0.113.2"}
    doors[0].upstream.enqueue(*(Reply("Yes.") for _ in range(3)))
    people = [door.visitor() for door in itertools.islice(itertools.cycle(doors), 12)]
    told = at_once((visitor, visitor.form("/messages/", {"text": "Hi"}, headers)) for visitor in people)
    assert told == {TAKEN: 3, too_many("guests", 3): 12 - 3}
    wait_until(lambda: len(doors[0].upstream.requests) == 3)


def sign_ins(doors: Sequence[Site], names: Iterable[str], *, address: str) -> list[Sent]:
    """One try for each name, by somebody else each time."""
    sent = []
    for name, door in zip(names, itertools.cycle(doors)):
        visitor = door.visitor()
        visitor.get("/accounts/login/")
        form = {"username": name, "password": "a guess"}
        sent.append((visitor, visitor.form("/accounts/login/", form, JSON | {"X-Forwarded-For": address})))
    return sent


def test_tries_to_sign_in_from_an_address(doors: list[Site]) -> None:
    tries = sign_ins(doors, (f"name-{number}" for number in range(20)), address="203.0.113.3")
    assert at_once(tries, insist_on=GOING_ON) == {TAKEN: 8, too_many("sign_ins", 8): 20 - 8}


def test_wrong_passwords_lock_all_doors(doors: list[Site]) -> None:
    """django-axes counts them when they have been compared: one after the other here."""
    tries = sign_ins(doors, ["alice"] * 7, address="203.0.113.4")
    told = [told_by(one) for one in tries]
    assert told[:3] == [TAKEN] * 3
    assert set(told[3:]) == {"4 wrong passwords came for that name from your address."}
