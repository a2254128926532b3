"""Messages that wait for the end of a reply, on a real site: put there, sent, changed, removed, sent now."""

from uuid import uuid4

import pytest

from chatsite.waiting.queue import MOST
from tests.chatsite.waiting.steps import JSON, address, begin, said, wait, waiting
from tests.refusals import too_many
from tests.site import Site
from tests.upstream import Failure, Reply
from tests.visitor import EVENTS, Visitor
from tests.waiting import wait_until

HTML = {"Accept": "text/html"}


def test_a_message_waits_and_is_sent_when_the_reply_is_done(site: Site, visitor: Visitor) -> None:
    conversation, gate, reading = begin(site, visitor)

    answer = wait(visitor, conversation, "Second")

    assert (answer.status_code, answer.json()["conversation"]) == (201, conversation)
    assert waiting(visitor, conversation) == ["Second"]
    assert said(visitor, conversation) == ["First"]
    reading.close()  # nobody looks
    site.upstream.enqueue(Reply("Two."))
    gate.open()
    asked = site.upstream.wait_for_request(2)
    assert [message["content"] for message in asked.messages[1:]] == ["First", "One.", "Second"]
    wait_until(lambda: waiting(visitor, conversation) == [])
    assert said(visitor, conversation) == ["First", "Second"]


def test_several_wait_in_the_order_in_which_they_were_written(site: Site, visitor: Visitor) -> None:
    conversation, gate, _ = begin(site, visitor)
    for text in ("Second", "Third"):
        assert wait(visitor, conversation, text).status_code == 201
    second = site.upstream.gate()
    site.upstream.enqueue(Reply("Two", second, "."), Reply("Three."))

    gate.open()
    second.wait_until_reached()
    wait(visitor, conversation, "Fourth")
    assert waiting(visitor, conversation) == ["Third", "Fourth"]
    site.upstream.enqueue(Reply("Four."))
    second.open()

    wait_until(lambda: said(visitor, conversation) == ["First", "Second", "Third", "Fourth"])
    site.upstream.wait_for_request(4)


def test_without_wait_a_message_is_sent_at_once_as_ever(site: Site, visitor: Visitor) -> None:
    conversation, gate, reading = begin(site, visitor)
    site.upstream.enqueue(Reply("Two."))
    with visitor.send("Second", conversation=conversation) as other:
        assert other.end["status"] == "done"
    gate.open()
    assert reading.end["status"] == "done"


@pytest.mark.parametrize("accept", [EVENTS, "application/json", "text/html"])
def test_where_no_reply_is_written_nothing_waits(site: Site, visitor: Visitor, accept: str) -> None:
    site.upstream.enqueue(Reply("One."), Reply("Two."))
    with visitor.send("First") as reading:
        assert reading.end["status"] == "done"
    conversation = str(reading.start["conversation"])

    sent = {"text": "Second", "conversation": conversation, "wait": "1"}
    answer = visitor.post("/messages/", sent, headers={"Accept": accept})

    assert answer.status_code == (200 if accept == EVENTS else 303)
    assert site.upstream.wait_for_request(2).answered.wait()
    assert said(visitor, conversation) == ["First", "Second"]


def test_without_script_sending_leads_to_the_page_with_what_waits(site: Site, visitor: Visitor) -> None:
    conversation, _, _ = begin(site, visitor)

    sent = {"text": "Second", "conversation": conversation, "wait": "1"}
    answer = visitor.post("/messages/", sent, headers=HTML)

    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"]).text
    assert "Stop and send now" in page
    assert ">Second</div>" in page
    here = address(visitor, conversation)
    assert "Second</textarea>" in visitor.get(f"{here}edit/").text
    assert visitor.post(f"{here}edit/", {"text": "Other"}, headers=HTML).status_code == 303
    assert waiting(visitor, conversation) == ["Other"]
    assert visitor.post(f"{here}remove/", headers=HTML).status_code == 303
    assert waiting(visitor, conversation) == []


def test_one_that_is_sent_again_with_its_key_waits_once_and_is_answered_once(
    site: Site, visitor: Visitor
) -> None:
    conversation, gate, _ = begin(site, visitor)
    same = str(uuid4())

    answers = [wait(visitor, conversation, "Second", key=same) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert waiting(visitor, conversation) == ["Second"]
    site.upstream.enqueue(Reply("Two."))
    gate.open()
    assert site.upstream.wait_for_request(2).answered.wait()
    wait_until(lambda: waiting(visitor, conversation) == [])

    assert wait(visitor, conversation, "Second", key=same).status_code == 303
    assert said(visitor, conversation) == ["First", "Second"]


def test_an_edited_one_is_sent_as_it_is_by_then(site: Site, visitor: Visitor) -> None:
    conversation, gate, _ = begin(site, visitor)
    wait(visitor, conversation, "Second")
    here = address(visitor, conversation)

    assert visitor.post(f"{here}edit/", {"text": "Changed\r\nit"}, headers=JSON).status_code == 204
    refused = visitor.post(f"{here}edit/", {"text": " "}, headers=JSON)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "required")
    site.upstream.enqueue(Reply("Two."))
    gate.open()
    assert site.upstream.wait_for_request(2).messages[-1]["content"] == "Changed\nit"


def test_a_removed_one_is_never_sent(site: Site, visitor: Visitor) -> None:
    conversation, gate, reading = begin(site, visitor)
    for text in ("Second", "Third"):
        wait(visitor, conversation, text)
    here = address(visitor, conversation)

    assert visitor.post(f"{here}remove/", headers=JSON).status_code == 204

    site.upstream.enqueue(Reply("Three."))
    gate.open()
    assert reading.end["status"] == "done"
    assert site.upstream.wait_for_request(2).messages[-1]["content"] == "Third"
    for action in ("edit", "remove", "now"):
        assert visitor.post(f"{here}{action}/", {"text": "x"}, headers=JSON).status_code == 404


def test_stop_and_send_now_sends_the_chosen_one_first(site: Site, visitor: Visitor) -> None:
    conversation, _, reading = begin(site, visitor)
    for text in ("Second", "Third"):
        wait(visitor, conversation, text)
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Three", gate, "."), Reply("Two."))

    assert visitor.post(f"{address(visitor, conversation, 1)}now/", headers=JSON).status_code == 204

    assert reading.end["status"] == "stopped"
    assert site.upstream.wait_for_request(2).messages[-1]["content"] == "Third"
    gate.wait_until_reached()
    assert waiting(visitor, conversation) == ["Second"]
    gate.open()
    assert site.upstream.wait_for_request(3).messages[-1]["content"] == "Second"


@pytest.mark.parametrize("way", ["stopped", "failed"])
def test_after_another_end_it_waits_for_the_person(site: Site, visitor: Visitor, way: str) -> None:
    if way == "failed":
        gate = site.upstream.gate()
        site.upstream.enqueue(Failure(400, headers_after=gate))
        reading = visitor.send("First")
        conversation = str(reading.start["conversation"])
    else:
        conversation, gate, reading = begin(site, visitor)
    wait(visitor, conversation, "Second")

    if way == "stopped":
        visitor.stop(reading.start["run"])
    gate.open()
    assert reading.end["status"] == way

    page = visitor.get(f"/c/{conversation}/").text
    assert "What waits is not sent until you want it" in page
    site.upstream.enqueue(Reply("Two."))
    assert visitor.post(f"{address(visitor, conversation)}now/", headers=JSON).status_code == 204
    assert site.upstream.wait_for_request(2).messages[-1]["content"] == "Second"
    assert waiting(visitor, conversation) == []


def test_another_version_of_the_reply_that_is_done_lets_it_be_sent(site: Site, visitor: Visitor) -> None:
    conversation, _, reading = begin(site, visitor)
    wait(visitor, conversation, "Second")
    visitor.stop(reading.start["run"])
    assert reading.end["status"] == "stopped"

    site.upstream.enqueue(Reply("Another."), Reply("Two."))
    with visitor.regenerate(reading.start["message"]) as another:
        assert another.end["status"] == "done"

    asked = site.upstream.wait_for_request(3)
    assert [message["content"] for message in asked.messages[1:]] == ["First", "Another.", "Second"]


def test_it_is_sent_in_the_branch_in_which_it_was_written(site: Site, visitor: Visitor) -> None:
    conversation, gate, reading = begin(site, visitor)
    wait(visitor, conversation, "Second", leaf=reading.start["message"])
    question = reading.response.headers["Content-Location"].partition("leaf=")[2]
    site.upstream.enqueue(Reply("Elsewhere."))
    with visitor.send("Edited", conversation=conversation, edited=question) as other:
        assert other.end["status"] == "done"

    site.upstream.enqueue(Reply("Two."))
    gate.open()

    asked = site.upstream.wait_for_request(3)
    assert [message["content"] for message in asked.messages[1:]] == ["First", "One.", "Second"]


def test_so_many_wait_and_no_more(site: Site, visitor: Visitor) -> None:
    conversation, _, _ = begin(site, visitor)
    for number in range(MOST):
        assert wait(visitor, conversation, f"{number}").status_code == 201

    refused = wait(visitor, conversation, "One more")

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "limit_reached")
    assert too_many("waiting", MOST) in refused.json()["error"]["message"]


def test_nobody_else_sees_or_changes_what_waits(site: Site, visitor: Visitor) -> None:
    conversation, _, _ = begin(site, visitor)
    wait(visitor, conversation, "Second")
    here, other = address(visitor, conversation), site.visitor()
    other.get("/")

    assert other.get(f"/c/{conversation}/waiting/").status_code == 404
    assert other.get(f"{here}edit/").status_code == 404
    for action in ("edit", "remove", "now"):
        assert other.post(f"{here}{action}/", {"text": "Mine"}, headers=JSON).status_code == 404
    assert waiting(visitor, conversation) == ["Second"]


def test_what_waits_in_a_deleted_conversation_is_not_sent(site: Site, visitor: Visitor) -> None:
    conversation, _, reading = begin(site, visitor)
    wait(visitor, conversation, "Second")

    visitor.post(f"/c/{conversation}/delete/")
    reading.until("end")
    assert visitor.get(f"/c/{conversation}/waiting/").status_code == 404
    visitor.post(f"/c/{conversation}/restore/")

    assert waiting(visitor, conversation) == ["Second"]


def test_a_page_is_new_when_something_else_waits(site: Site, visitor: Visitor) -> None:
    conversation, _, _ = begin(site, visitor)
    page = f"/c/{conversation}/"
    tags = [visitor.get(page).headers["ETag"]]
    wait(visitor, conversation, "Second")
    tags.append(visitor.get(page).headers["ETag"])
    visitor.post(f"{address(visitor, conversation)}edit/", {"text": "Other"}, headers=JSON)
    tags.append(visitor.get(page).headers["ETag"])

    assert len(set(tags)) == 3
    assert visitor.get(page, headers={"If-None-Match": tags[-1]}).status_code == 304
