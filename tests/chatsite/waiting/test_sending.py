"""A waiting message is sent once, whoever tries and when; what is refused waits on."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

import httpx
import pytest

from chatsite.waiting.queue import MOST, MOST_OF_A_PERSON
from tests.chatsite.accounts.people import create_account, sign_in
from tests.chatsite.waiting.steps import JSON, address, begin, said, wait, waiting
from tests.refusals import too_many
from tests.site import Site, SiteStarter
from tests.upstream import Gate, Reply, Request
from tests.visitor import Reading, Visitor
from tests.waiting import wait_until

T = TypeVar("T")
TRIES = 8


def at_once(steps: Sequence[Callable[[], T]]) -> list[T]:
    """Take all steps at the same time, each in a thread of its own."""
    barrier = Barrier(len(steps))

    def take(step: Callable[[], T]) -> T:
        barrier.wait()
        return step()

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(take, steps))


def while_it_opens(gate: Gate, act: Callable[[], httpx.Response]) -> httpx.Response:
    """Do it at the moment when the gate is opened."""
    answers: list[httpx.Response] = []
    at_once([gate.open, lambda: answers.append(act())])
    return answers[0]


def test_of_many_who_send_a_waiting_message_one_does(start_site: SiteStarter, store: dict[str, str]) -> None:
    site = start_site(workers=2, settings=store)
    visitor = site.visitor()
    conversation, _, reading = begin(site, visitor)
    wait(visitor, conversation, "Second")
    here = address(visitor, conversation)
    visitor.stop(reading.start["run"])
    assert reading.end["status"] == "stopped"
    site.upstream.enqueue(Reply("Two."))

    answers = at_once([lambda: visitor.post(f"{here}now/", headers=JSON).status_code] * TRIES)

    assert set(answers) <= {204, 404}
    assert 204 in answers
    assert site.upstream.wait_for_request(2).answered.wait()
    assert said(visitor, conversation) == ["First", "Second"]
    assert len(site.upstream.requests) == 2


@pytest.mark.parametrize("race", range(2))
def test_one_is_sent_or_removed_and_never_both(
    start_site: SiteStarter, store: dict[str, str], race: int
) -> None:
    site = start_site(workers=2, settings=store)
    visitor = site.visitor()
    gates = [site.upstream.gate() for _ in range(4)]
    left = iter(gates)
    site.upstream.on(
        lambda request: Reply("One", next(left), ".") if _last(request) == "First" else Reply("Two.")
    )
    for gate in gates:
        conversation, reading = ask(visitor)
        wait(visitor, conversation, "Second")
        remove = partial(visitor.post, f"{address(visitor, conversation)}remove/", headers=JSON)

        answer = while_it_opens(gate, remove)

        assert reading.end["status"] == "done"
        wait_until(partial(nothing_waits, visitor, conversation))
        assert ("Second" in said(visitor, conversation)) == (answer.status_code == 404)
        wait_until(partial(is_done, visitor, conversation))


def test_what_comes_as_the_reply_ends_is_sent_once(start_site: SiteStarter, store: dict[str, str]) -> None:
    """It waits, or it is sent at once: the end of the reply is before it, or after."""
    site = start_site(workers=2, settings=store)
    visitor = site.visitor()
    gates = [site.upstream.gate() for _ in range(8)]
    left = iter(gates)
    site.upstream.on(
        lambda request: Reply("One", next(left), ".") if _last(request) == "First" else Reply("Two.")
    )
    for gate in gates:
        conversation, reading = ask(visitor)
        send = partial(wait, visitor, conversation, "Second")

        answer = while_it_opens(gate, send)

        assert answer.status_code in {201, 303}
        assert reading.end["status"] == "done"
        wait_until(partial(nothing_waits, visitor, conversation))
        assert said(visitor, conversation) == ["First", "Second"]
        wait_until(partial(is_done, visitor, conversation))


def test_a_person_has_so_many_waiting_in_all(site: Site, visitor: Visitor) -> None:
    for _ in range(MOST_OF_A_PERSON // MOST):
        conversation, _, reading = begin(site, visitor)
        for number in range(MOST):
            assert wait(visitor, conversation, f"{number}").status_code == 201
        visitor.stop(reading.start["run"])
        assert reading.end["status"] == "stopped"
    conversation, _, _ = begin(site, visitor)

    refused = wait(visitor, conversation, "One more")

    assert refused.status_code == 429
    assert too_many("waiting_in_all", MOST_OF_A_PERSON) in refused.json()["error"]["message"]


def test_what_a_limit_refuses_waits_on_and_says_why(start_site: SiteStarter) -> None:
    site = start_site(settings={"LIMIT_GUEST_MESSAGES": "1"})
    visitor = site.visitor()
    conversation, gate, _ = begin(site, visitor)
    wait(visitor, conversation, "Second")

    gate.open()

    sentence = too_many("messages", 1)
    wait_until(lambda: sentence in visitor.get(f"/c/{conversation}/").text)
    assert waiting(visitor, conversation) == ["Second"]
    refused = visitor.post(f"{address(visitor, conversation)}now/", headers=JSON)
    assert (refused.status_code, sentence in refused.text) == (429, True)
    assert waiting(visitor, conversation) == ["Second"]


def test_what_a_guest_has_waiting_is_sent_after_they_have_signed_in(start_site: SiteStarter) -> None:
    site = start_site()
    create_account(site, "alice")
    visitor = site.visitor()
    conversation, gate, _ = begin(site, visitor)
    wait(visitor, conversation, "Second")

    sign_in(visitor, "alice")

    assert waiting(visitor, conversation) == ["Second"]
    site.upstream.enqueue(Reply("Two."))
    gate.open()
    assert site.upstream.wait_for_request(2).answered.wait()
    assert said(visitor, conversation) == ["First", "Second"]


@pytest.mark.parametrize("server", ["gevent", "uvicorn", "asgi"])
def test_it_is_sent_on_every_server(start_site: SiteStarter, server: str) -> None:
    site = start_site(worker_class=server)
    visitor = site.visitor()
    conversation, gate, reading = begin(site, visitor)
    wait(visitor, conversation, "Second")
    reading.close()
    site.upstream.enqueue(Reply("Two."))

    gate.open()

    assert site.upstream.wait_for_request(2).answered.wait()
    assert said(visitor, conversation) == ["First", "Second"]


def ask(visitor: Visitor) -> tuple[str, Reading]:
    """A conversation whose first reply is being written."""
    reading = visitor.send("First")
    reading.until("token")
    return str(reading.start["conversation"]), reading


def nothing_waits(visitor: Visitor, conversation: str) -> bool:
    return waiting(visitor, conversation) == []


def is_done(visitor: Visitor, conversation: str) -> bool:
    """Whether no reply is being written there."""
    return 'data-status="running"' not in visitor.get(f"/c/{conversation}/").text.partition("<template")[0]


def _last(request: Request) -> object:
    return request.messages[-1]["content"]
