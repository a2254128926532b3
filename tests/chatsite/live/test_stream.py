"""The stream on a real server: what one person hears, in whichever process they and their replies are."""

import re
from contextlib import ExitStack

import pytest

from tests.chatsite.accounts.people import create_account, sign_in, sign_out
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Reading, Visitor
from tests.waiting import wait_until

EVENTS = {"Accept": "text/event-stream"}


def listen(visitor: Visitor) -> Reading:
    """A stream whose first event has come, which says nothing yet."""
    reading = visitor.read(visitor.http.build_request("GET", "/conversations/events/", headers=EVENTS))
    reading.until("changed")
    return reading


def rows(visitor: Visitor) -> list[str]:
    found = re.findall(r'<a class="conversation"[^>]*>(.+?)</a>', visitor.get("/conversations/").text)
    return [re.sub("<[^>]+>", "", row) for row in found]


def converse(site: Site, visitor: Visitor, text: str) -> None:
    site.upstream.enqueue(Reply("Yes."))
    with visitor.send(text) as reading:
        assert reading.end["status"] == "done"


def hear(reading: Reading, visitor: Visitor, expected: list[str]) -> None:
    """Read on until the list is that."""
    while rows(visitor) != expected:
        reading.until("changed")


def test_a_reply_is_told_of_from_its_beginning_until_it_is_seen(site: Site) -> None:
    ada = site.visitor()
    converse(site, ada, "Tea?")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Well, ", gate, "yes."))
    with listen(ada) as reading:
        assert ada.post("/messages/", {"text": "Coffee?"}).status_code == 303
        hear(reading, ada, ["Coffee?, a reply is being written", "Tea?"])
        gate.open()
        hear(reading, ada, ["Coffee?, new reply", "Tea?"])
        page = re.search(r'href="(/c/[0-9a-f-]+/)">Coffee', ada.get("/conversations/").text)
        assert page is not None
        ada.get(page[1])
        hear(reading, ada, ["Coffee?", "Tea?"])
        ada.post(f"{page[1]}rename/", {"title": "Green coffee"})
        hear(reading, ada, ["Green coffee", "Tea?"])
        ada.post(f"{page[1]}delete/")
        hear(reading, ada, ["Tea?"])
        ada.post(f"{page[1]}restore/")
        hear(reading, ada, ["Green coffee", "Tea?"])


def test_what_its_reader_has_read_to_the_end_is_no_news(site: Site) -> None:
    ada = site.visitor()
    converse(site, ada, "Tea?")
    wait_until(lambda: rows(ada) == ["Tea?"])


def test_nobody_hears_of_others(site: Site) -> None:
    ada, bob = site.visitor(), site.visitor()
    for visitor in (ada, bob):
        converse(site, visitor, "Tea?")
    with listen(ada) as hers, listen(bob) as his:
        converse(site, bob, "Coffee?")
        hear(his, bob, ["Coffee?", "Tea?"])
        converse(site, ada, "Milk?")
        hear(hers, ada, ["Milk?", "Tea?"])


def test_who_signs_out_hears_no_more(start_site: SiteStarter) -> None:
    site = start_site()
    create_account(site, "ada")
    ada = site.visitor()
    sign_in(ada, "ada")
    with listen(ada) as reading:
        sign_out(ada)
        assert [event.name for event in reading if event.name != "changed"] == []


@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_what_another_worker_does_is_told(start_site: SiteStarter, worker_class: str) -> None:
    """Of several streams at once some are in each worker, and all of them hear of it."""
    site = start_site(worker_class=worker_class, workers=2)
    ada = site.visitor()
    converse(site, ada, "Tea?")
    with ExitStack() as stack:
        readings = [stack.enter_context(listen(ada)) for _ in range(4)]
        converse(site, ada, "Coffee?")
        for reading in readings:
            hear(reading, ada, ["Coffee?", "Tea?"])
            reading.until("changed")


def test_a_site_that_is_told_to_leave_ends_the_stream(start_site: SiteStarter) -> None:
    site = start_site()
    ada = site.visitor()
    converse(site, ada, "Tea?")
    with listen(ada) as reading:
        assert site.server.stop()
        assert [event.name for event in reading if event.name != "changed"] == []
