"""One key, one message, and at most one call of the model, however often and wherever it is sent."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import httpx
import pytest

from tests.server import prepare
from tests.services import postgresql
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import EVENTS, Reading, Visitor

T = TypeVar("T")
CONVERSATION = re.compile(r'href="(/c/[-0-9a-f]+/)"')


def key() -> str:
    return str(uuid4())


def conversations(visitor: Visitor) -> set[str]:
    return set(CONVERSATION.findall(visitor.get("/").text))


def events_of(reading: Reading) -> list[tuple[str, str, str]]:
    for _ in reading:
        pass
    return [(event.id, event.name, event.data) for event in reading.events]


def ask(visitor: Visitor, fields: dict[str, str]) -> Reading:
    """Send a form, and read the events."""
    return visitor.read(visitor.form("/messages/", fields, {"Accept": EVENTS}))


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def at_once(steps: Sequence[Callable[[], T]]) -> list[T]:
    """Take all steps at the same time, each in a thread of its own."""
    barrier = Barrier(len(steps))

    def take(step: Callable[[], T]) -> T:
        barrier.wait()
        return step()

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(take, steps))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The setting of each database: they tell that something is there already in ways of their own."""
    if request.param == "sqlite":
        yield {}
        return
    with postgresql.running() as address:
        prepare(tmp_path / "prepared", DATABASE_URL=address)
        yield {"DATABASE_URL": address}


def test_a_repeat_gets_the_events_of_the_first_one(site: Site) -> None:
    site.upstream.enqueue(Reply("Very", " cool."))
    visitor = site.visitor()
    same = {"text": "How cool?", "key": key()}

    with (
        ask(visitor, same) as first,
        ask(visitor, same) as second,
    ):
        assert events_of(first) == events_of(second)
    with ask(visitor, same) as third:  # after the end
        assert events_of(third) == events_of(first)

    assert len(conversations(visitor)) == 1
    assert len(site.upstream.requests) == 1


def test_a_repeat_goes_on_after_the_last_event_that_was_seen(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Very", gate, " cool."))
    visitor = site.visitor()
    same = {"text": "How cool?", "key": key()}
    with ask(visitor, same) as lost:
        lost.until("token")

    with visitor.read(visitor.form("/messages/", same, {"Accept": EVENTS, "Last-Event-ID": "2"})) as rest:
        gate.open()
        assert [number for number, _, _ in events_of(rest)] == ["3", "4"]

    refused = visitor.post("/messages/", same, headers={"Accept": EVENTS, "Last-Event-ID": "99"})
    assert refusal(refused) == (400, "bad_event_id")


def test_a_first_request_gets_all_events_whatever_it_claims(site: Site) -> None:
    site.upstream.enqueue(Reply("Very cool."))
    visitor = site.visitor()
    sent = {"text": "How cool?", "key": key()}

    with visitor.read(
        visitor.form("/messages/", sent, {"Accept": EVENTS, "Last-Event-ID": "2"})
    ) as all_of_it:
        assert events_of(all_of_it)[0][:2] == ("1", "start")


def test_without_script_a_repeat_leads_to_the_same_conversation(site: Site) -> None:
    site.upstream.enqueue(Reply("Very cool."))
    visitor = site.visitor()
    same = {"text": "How cool?", "key": key()}

    first, second = visitor.post("/messages/", same), visitor.post("/messages/", same)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert site.upstream.wait_for_request(1).answered.wait()
    assert len(conversations(visitor)) == 1


def test_the_same_key_with_something_else_is_another_message(site: Site) -> None:
    site.upstream.enqueue(*(Reply("Yes.") for _ in range(4)))
    visitor = site.visitor()
    same = key()
    with visitor.send("One", key=same) as first:
        assert first.end["status"] == "done"
    conversation = first.start["conversation"]

    others = [
        visitor.send("Two", key=same),
        visitor.send("One", key=same, assistant="agent"),
        visitor.send("One", key=same, conversation=conversation),
    ]

    assert [reading.end["status"] for reading in others] == ["done"] * 3
    assert len({reading.start["message"] for reading in [first, *others]}) == 4


def test_another_persons_key_is_no_clash(site: Site) -> None:
    site.upstream.enqueue(Reply("Mine."), Reply("Yours."))
    same = {"text": "Whose?", "key": key()}

    with (
        ask(site.visitor(), same) as mine,
        ask(site.visitor(), same) as yours,
    ):
        assert mine.end["status"] == yours.end["status"] == "done"

    assert {mine.text, yours.text} == {"Mine.", "Yours."}


def test_without_a_key_every_request_is_a_new_one(site: Site) -> None:
    site.upstream.enqueue(Reply("One."), Reply("Two."))
    visitor = site.visitor()

    with visitor.send("Again") as first, visitor.send("Again") as second:
        assert first.end["status"] == second.end["status"] == "done"

    assert len(conversations(visitor)) == 2


@pytest.mark.parametrize("bad", ["x", "1234", "../../etc", "\N{SNOWMAN}"])
def test_a_key_that_is_no_uuid_is_refused(site: Site, bad: str) -> None:
    response = site.visitor().post(
        "/messages/", {"text": "Hi", "key": bad}, headers={"Accept": "application/json"}
    )
    assert refusal(response) == (400, "invalid")


def test_a_repeat_is_not_one_reply_too_many(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_REPLIES_AT_ONCE": "1"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Only ", gate, "one."))
    visitor = site.visitor()
    same = {"text": "Hi", "key": key()}

    with ask(visitor, same) as first:
        first.until("token")
        other = visitor.post("/messages/", {"text": "Other", "key": key()}, headers={"Accept": EVENTS})
        assert refusal(other) == (429, "limit_reached")
        assert visitor.post("/messages/", same).status_code == 303
        with ask(visitor, same) as second:
            gate.open()
            assert events_of(second) == events_of(first)


def test_the_key_of_a_request_that_was_refused_can_be_used_again(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_REPLIES_AT_ONCE": "1"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("First", gate), Reply("Second"))
    visitor = site.visitor()
    same = {"text": "Second?", "key": key()}
    with visitor.send("First?") as first:
        assert visitor.post("/messages/", same, headers={"Accept": EVENTS}).status_code == 429
        gate.open()
        assert first.end["status"] == "done"

    with ask(visitor, same) as second:
        assert second.end["status"] == "done"
    assert second.text == "Second"


def test_a_repeated_request_regenerates_the_reply_once(site: Site) -> None:
    site.upstream.enqueue(Reply("One"), Reply("Two"), Reply("Three"))
    visitor = site.visitor()
    with visitor.send("Hi") as first:
        assert first.end["status"] == "done"
    path = f"/messages/{first.start['message']}/regenerate/"

    def regenerate(given: str) -> str:
        with visitor.read(visitor.form(path, {"key": given}, {"Accept": EVENTS})) as reading:
            assert reading.end["status"] == "done"
        return reading.text

    same = key()
    assert [regenerate(same), regenerate(same), regenerate(key())] == ["Two", "Two", "Three"]
    refused = visitor.post(path, {"key": "x"}, headers={"Accept": "application/json"})
    assert refusal(refused) == (400, "invalid")


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
def test_of_many_requests_at_once_one_is_taken(
    store: dict[str, str], start_site: SiteStarter, *, known: bool
) -> None:
    """A person whom the site does not know yet has no session: the first answers race to make one."""
    site = start_site(workers=2, settings={"CHAT_REPLIES_AT_ONCE": "1"} | store)
    visitor = site.visitor()
    before = 0
    if known:
        site.upstream.enqueue(Reply("Before."))
        with visitor.send("Hi") as reading:
            assert reading.end["status"] == "done"
        before = 1
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Once", gate))
    same = {"text": "How often?", "key": key()}
    forms = [visitor.form("/messages/", same) for _ in range(12)]

    answers = at_once([partial(visitor.http.send, form) for form in forms])

    taken = {answer.headers.get("Location") for answer in answers if answer.status_code == 303}
    assert len(taken) == 1
    assert {answer.status_code for answer in answers} == {303}
    request = site.upstream.wait_for_request(before + 1)
    gate.open()
    assert request.answered.wait()
    assert len(conversations(visitor)) == before + 1
    assert len(site.upstream.requests) == before + 1


def test_many_requests_at_once_get_the_same_events_from_every_process(start_site: SiteStarter) -> None:
    site = start_site(workers=2)
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One ", gate, "reply."))
    visitor = site.visitor()
    visitor.get("/")
    same = {"text": "How often?", "key": key()}
    forms = [visitor.form("/messages/", same, {"Accept": EVENTS}) for _ in range(8)]

    readings = at_once([partial(visitor.read, form) for form in forms])

    gate.open()
    seen = [events_of(reading) for reading in readings]
    assert seen == [seen[0]] * 8
    assert [name for _, name, _ in seen[0]] == ["start", "token", "token", "end"]
    assert len(site.upstream.requests) == 1


def test_every_form_of_a_page_has_a_key_that_no_other_page_has(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hi", gate))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        reading.until("token")
        visitor.stop(reading.start["run"])
        assert reading.end["status"] == "stopped"

    pages = [visitor.get(path).text for path in ("/", "/", f"/c/{reading.start['conversation']}/")]

    keys = [set(re.findall(r'name="key" value="([-0-9a-f]{36})"', page)) for page in pages]
    assert [len(found) for found in keys] == [1, 1, 1]
    assert len(set.union(*keys)) == 3
    for page in pages:
        forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
        starts = [form for form in forms if re.search(r'action="(?:/messages/[^"]*)?"', form)]
        assert starts
        once_is_enough = re.compile('name="key"|data-stop-form|data-opinion')
        assert [form for form in starts if not once_is_enough.search(form)] == []
