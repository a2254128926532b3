"""One person at every limit at once: each of them holds, and others notice nothing.

That each is one limit, however many processes count it: tests/chatsite/accounts/test_limits_everywhere.py.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from tests.chatsite.documents.people import upload_form
from tests.faults.checker import check, check_others
from tests.faults.ledger import Ledger, Prompt
from tests.faults.store import SQLite
from tests.refusals import JSON, TAKEN, Sent, at_once, told_by, too_many
from tests.site import Site, SiteStarter
from tests.upstream import Reply, Usage
from tests.visitor import Reading, Visitor

FEW = {
    "CHAT_REPLIES_AT_ONCE": "2",
    "DOCUMENTS_PER_PERSON": "2",
    "LIMIT_GUESTS": "1",
    "LIMIT_GUEST_MESSAGES": "4",
    "LIMIT_GUEST_TOKENS": "1000",
    "LIMIT_GUEST_UPLOADS": "3",
    "LIMIT_REQUESTS": "250",
    "LIMIT_SIGN_INS": "2",
}


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_one_person_is_at_every_limit_at_once(start_site: SiteStarter, worker_class: str) -> None:
    site = start_site(worker_class=worker_class, settings=FEW)
    ledger = Ledger(site.upstream)
    gates = [site.upstream.gate() for _ in range(2)]
    greedy = from_elsewhere(site)
    _, first = ledger.ask(greedy, Reply("Welcome."))
    assert first.end["status"] == "done"
    told = [told_by(upload(greedy, number)) for number in range(3)]
    told += [told_by(sign_in(from_elsewhere(site))) for _ in range(3)]
    assert told == [TAKEN, TAKEN, too_many("documents", 2), TAKEN, TAKEN, too_many("sign_ins", 2)]
    going_on = [ledger.ask(greedy, Reply("a ", gates[0], "b")) for _ in range(2)]
    for _, reading in going_on:
        reading.until("token")
    readers = [going_on[0][0].follow() for _ in range(20)]
    followed = [answer for answer in readers if isinstance(answer, Reading)]
    refused = [answer for answer in readers if isinstance(answer, httpx.Response)]
    assert len(followed) == 12 - len(going_on)
    assert {answer.json()["error"]["code"] for answer in refused} == {"limit_reached"}

    with nobody_notices(ledger, site) as at_the_same_time:
        assert at_the_same_time(
            [message(ledger.prompt(greedy)) for _ in range(10)]
            + [upload(greedy, number) for number in range(3, 13)]
            + [sign_in(from_elsewhere(site)) for _ in range(10)]
            + [message(ledger.prompt(from_elsewhere(site))) for _ in range(10)]
        ) == {
            too_many("replies", 2): 10,
            too_many("uploads", 3): 10,
            too_many("sign_ins", 2): 10,
            too_many("guests", 1): 10,
        }
        gates[0].open()
        for reading in (*(reading for _, reading in going_on), *followed):
            assert reading.end["status"] == "done"

        _, reading = ledger.ask(greedy, Reply("c ", gates[1], usage=Usage(1, 999)))
        reading.until("token")
        sent = [message(ledger.prompt(greedy)) for _ in range(10)]
        assert at_the_same_time(sent) == {too_many("messages", 4): 10}
        gates[1].open()
        assert reading.end["status"] == "done"
        sent = [message(ledger.prompt(greedy)) for _ in range(10)]
        assert at_the_same_time(sent) == {too_many("tokens", 1_000): 10}

        while not at_the_same_time(pages(greedy, 20))[too_many("requests", 250)]:
            pass
    check(ledger, SQLite(site.data_dir))


def from_elsewhere(site: Site) -> Visitor:
    """Somebody at the address of the person who means harm."""
    visitor = site.visitor()
    visitor.http.headers["X-Forwarded-For"] = "203.0.113.9"
    return visitor


def message(prompt: Prompt) -> Sent:
    fields = {"text": prompt.text, "key": prompt.key}
    return prompt.person, prompt.person.form("/messages/", fields, JSON)


def pages(visitor: Visitor, number: int) -> list[Sent]:
    return [(visitor, visitor.http.build_request("GET", "/", headers=JSON)) for _ in range(number)]


def sign_in(visitor: Visitor) -> Sent:
    """Try to sign in, under a name that nobody else tries."""
    form = {"username": str(uuid4()), "password": "a guess"}
    return visitor, visitor.form("/accounts/login/", form, JSON)


def upload(visitor: Visitor, number: int) -> Sent:
    return visitor, upload_form(visitor, "a.txt", f"Tea {number}", accept=JSON["Accept"])


@contextmanager
def nobody_notices(ledger: Ledger, site: Site) -> Iterator[Callable[[Sequence[Sent]], Counter[str]]]:
    """Yields what sends much at the same moment; meanwhile others, each from an address of their own, do
    what people do."""
    addresses = (f"198.51.100.{number}" for number in itertools.count(1))
    with ThreadPoolExecutor(1) as pool:

        def beside(sent: Sequence[Sent]) -> Counter[str]:
            told = pool.submit(at_once, sent, insist_on={too_many("files", 2), too_many("passwords", 2)})
            while not told.done():
                check_others(ledger, site, address=next(addresses))
            return told.result()

        yield beside
