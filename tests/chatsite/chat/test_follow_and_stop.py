"""The log of a run, followed from anywhere in it; and Stop."""

import contextlib
import re

import pytest

from tests.site import Site, SiteStarter
from tests.upstream import EndlessTokens, Reply
from tests.visitor import Reading
from tests.waiting import wait_until


def events_of(reading: Reading) -> list[tuple[str, str, str]]:
    for _ in reading:
        pass
    return [(event.id, event.name, event.data) for event in reading.events]


def test_a_reader_who_comes_back_gets_every_later_event_once(site: Site) -> None:
    gates = [site.upstream.gate(), site.upstream.gate()]
    site.upstream.enqueue(Reply("a", gates[0], "b", gates[1], "c"))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        run = reading.start["run"]
        reading.until("token")

    with visitor.follow(run, after=1) as replay:
        for text, gate in zip("ab", gates, strict=True):
            assert replay.until("token").json["text"] == text
            gate.open()
        assert replay.end["status"] == "done"

    with visitor.follow(run) as whole_reading:
        whole = events_of(whole_reading)
    assert [number for number, _, _ in whole] == ["1", "2", "3", "4", "5"]
    for seen in range(len(whole)):
        with visitor.follow(run, last_event_id=str(seen)) as rest:
            assert events_of(rest) == whole[seen:]
        with visitor.follow(run, after=seen) as rest:
            assert events_of(rest) == whole[seen:]


def test_several_readers_see_the_same_of_one_call(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("a", gate, "b"))
    visitor = site.visitor()
    with visitor.send("Hi") as first:
        run = first.start["run"]
        with visitor.follow(run) as second, visitor.follow(run) as third:
            gate.open()
            assert events_of(first) == events_of(second) == events_of(third)
    assert len(site.upstream.requests) == 1


def test_after_the_end_there_is_nothing_more_to_come(site: Site) -> None:
    site.upstream.enqueue(Reply("a"))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        last = len(events_of(reading))

    response = visitor.get(f"/runs/{reading.start['run']}/events/?after={last}")

    assert (response.status_code, response.content) == (204, b"")


def test_deleting_a_conversation_stops_its_reply_upstream_too(site: Site) -> None:
    site.upstream.enqueue(Reply(EndlessTokens()))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        reading.until("token")
        conversation = reading.start["conversation"]

        assert visitor.post(f"/c/{conversation}/delete/").status_code == 303

        assert site.upstream.requests[0].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    visitor.post(f"/c/{conversation}/restore/")
    assert 'data-status="stopped"' in visitor.get(f"/c/{conversation}/").text


@pytest.mark.parametrize("last", ["-1", "9e99", "99", "1.5", "x", " 1", "٣", "9" * 100_000, "1\t2"])
def test_a_number_that_no_event_has_is_refused(site: Site, last: str) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("a", gate))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        response = visitor.http.get(f"/runs/{reading.start['run']}/events/", params={"after": last[:4000]})
        gate.open()
        assert reading.end["status"] == "done"

    assert response.status_code == 400


def test_a_reply_goes_on_when_its_reader_leaves(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hel", gate, "lo"))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        reading.until("token")
        conversation = reading.start["conversation"]

    gate.open()

    wait_until(lambda: "<p>Hello</p>" in visitor.get(f"/c/{conversation}/").text)
    assert not site.upstream.requests[0].abandoned


@pytest.mark.alone
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "flowing"])
def test_stop_closes_the_providers_connection_and_keeps_the_text(site: Site, *, silent: bool) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hel", gate) if silent else Reply("Hel", EndlessTokens(every=0.001)))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        reading.until("token")

        assert visitor.stop(reading.start["run"]).status_code == 204

        assert site.upstream.requests[0].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    assert visitor.stop(reading.start["run"]).status_code == 204
    page = visitor.get(f"/c/{reading.start['conversation']}/").text
    assert reading.text.strip() in page


@pytest.mark.alone
def test_stop_before_the_providers_headers(site: Site) -> None:
    site.upstream.enqueue(Reply(headers_after=site.upstream.gate()))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        run = reading.start["run"]
        request = site.upstream.wait_for_request(1)

        visitor.stop(run)

        assert request.peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    assert len(site.upstream.requests) == 1


def test_stop_after_the_end_changes_nothing(site: Site) -> None:
    site.upstream.enqueue(Reply("Done."))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        assert reading.end["status"] == "done"

    assert visitor.stop(reading.start["run"]).status_code == 204

    with visitor.follow(reading.start["run"]) as again:
        assert again.end["status"] == "done"


def test_another_reply_can_be_had_beside_the_first(site: Site) -> None:
    site.upstream.enqueue(Reply("One"), Reply("Two"))
    visitor = site.visitor()
    with visitor.send("Hi") as first:
        assert first.end["status"] == "done"

    with visitor.regenerate(first.start["message"]) as second:
        assert second.end["status"] == "done"

    assert second.start["message"] != first.start["message"]
    assert [request.messages[1:] for request in site.upstream.requests] == [
        [{"role": "user", "content": "Hi"}],
        [{"role": "user", "content": "Hi"}],
    ]
    page = visitor.get(f"/c/{first.start['conversation']}/").text
    assert "<p>Two</p>" in page


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_a_reader_who_left_a_silent_stream_is_noticed_within_two_seconds(
    start_site: SiteStarter, worker_class: str
) -> None:
    site = start_site(worker_class=worker_class, settings={"STREAM_MAX_STREAMS": "1"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("a", gate))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        reading.until("token")
        events = f"/runs/{reading.start['run']}/events/"
        assert visitor.get(events).status_code == 503

    def has_room() -> bool:
        with visitor.http.stream("GET", events) as response:
            return response.status_code == 200

    wait_until(has_room, timeout=2.5, message="the reader's place was not given back")
    gate.open()


@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_beyond_the_limit_the_site_is_busy_and_pages_and_stop_still_work(
    start_site: SiteStarter, worker_class: str
) -> None:
    site = start_site(worker_class=worker_class, settings={"STREAM_MAX_STREAMS": "2"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("a", gate), Reply("b", gate))
    visitor = site.visitor()
    with visitor.send("1") as first, visitor.send("2") as second:
        first.until("token")
        second.until("token")

        response = visitor.post("/messages/", {"text": "3"}, headers={"Accept": "text/event-stream"})

        assert (response.status_code, response.json()["error"]["code"]) == (503, "busy")
        assert int(response.headers["Retry-After"]) > 0
        assert visitor.get("/").status_code == 200
        assert visitor.stop(first.start["run"]).status_code == 204
        assert first.end["status"] == "stopped"
        gate.open()
        assert second.end["status"] == "done"
    assert len(set(re.findall(r'href="/c/[-0-9a-f]+/', visitor.get("/").text))) == 2


def test_a_message_whose_reader_finds_no_place_is_not_taken(start_site: SiteStarter) -> None:
    site = start_site(settings={"STREAM_MAX_STREAMS": "2"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("a", gate))
    visitor = site.visitor()
    with visitor.send("1") as first, visitor.follow(first.start["run"]):
        response = visitor.post("/messages/", {"text": "2"}, headers={"Accept": "text/event-stream"})
        again = visitor.post(
            f"/messages/{first.start['message']}/regenerate/", headers={"Accept": "text/event-stream"}
        )

        assert (response.status_code, again.status_code) == (503, 503)
        assert len(site.upstream.requests) == 1
        gate.open()
        assert first.end["status"] == "done"
    assert len(set(re.findall(r'href="/c/[-0-9a-f]+/', visitor.get("/").text))) == 1


def test_one_person_cannot_take_all_the_room(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_REPLIES_AT_ONCE": "2"})
    gate = site.upstream.gate()
    site.upstream.enqueue(*(Reply("a", gate) for _ in range(3)))
    greedy, other = site.visitor(), site.visitor()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(greedy.send("1"))
        stack.enter_context(greedy.send("2"))

        third = greedy.post("/messages/", {"text": "3"}, headers={"Accept": "text/event-stream"})
        for _ in range(10):
            stack.enter_context(greedy.follow(first.start["run"]))
        thirteenth = greedy.get(
            f"/runs/{first.start['run']}/events/", headers={"Accept": "text/event-stream"}
        )

        assert (third.status_code, third.json()["error"]["code"]) == (429, "limit_reached")
        assert "2 replies written at once" in third.json()["error"]["message"]
        assert (thirteenth.status_code, thirteenth.headers["Retry-After"]) == (429, "5")
        assert thirteenth.json()["error"] == {
            "code": "limit_reached",
            "message": "You can follow 12 replies at once. Close another page of this site.",
        }
        assert "limit of readers (12) reached by guest" in site.server.log
        with other.send("Hi") as reading:
            reading.until("token")
            gate.open()
            assert reading.end["status"] == "done"


def test_a_heartbeat_comes_while_the_provider_is_silent(start_site: SiteStarter) -> None:
    site = start_site(settings={"STREAM_HEARTBEAT": "0.1"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("a", headers_after=gate))
    with site.visitor().send("Hi") as reading:
        pieces = reading.response.iter_raw()
        received = b""
        while received.count(b": heartbeat") < 2:
            received += next(pieces)
        assert b"event: token" not in received
        gate.open()
        assert b"event: end" in b"".join(pieces)
