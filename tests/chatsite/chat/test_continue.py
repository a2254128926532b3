"""POST /messages/<message>/continue/: a reply that was cut short goes on, in another one beside it."""

from uuid import uuid4

import pytest
from langchain_core.runnables import RunnableLambda

from chatsite.assistants.base import Assistant
from chatsite.chat import replies
from chatsite.chat.history import GO_ON
from chatsite.chat.models import LENGTH_LIMITS, Conversation, Message
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import EVENTS, Reading, Visitor


def go_on(visitor: Visitor, message: str, **fields: str) -> Reading:
    return visitor.read(visitor.form(f"/messages/{message}/continue/", fields, {"Accept": EVENTS}))


def refused(visitor: Visitor, message: str) -> tuple[int, str]:
    answer = visitor.post(f"/messages/{message}/continue/", headers={"Accept": EVENTS})
    return answer.status_code, answer.json()["error"]["code"]


def stopped(site: Site, visitor: Visitor, *words: str, assistant: str = "chat") -> Reading:
    """A reply that was stopped after these words."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(*words, gate))
    with visitor.send("Tell me.", assistant=assistant) as reading:
        gate.wait_until_reached()
        for _ in words:
            reading.until("token")
        visitor.stop(reading.start["run"])
        assert reading.end["status"] == "stopped"
    return reading


def test_the_new_reply_begins_with_the_old_text(site: Site) -> None:
    visitor = site.visitor()
    first = stopped(site, visitor, "Once upon a ti")
    site.upstream.enqueue(Reply("me, ", "there was."))

    with go_on(visitor, first.start["message"]) as second:
        assert second.end["status"] == "done"

    assert second.events[1].json == {"text": "Once upon a ti"}
    assert second.text == "Once upon a time, there was."
    assert second.start["message"] != first.start["message"]
    assert second.start["conversation"] == first.start["conversation"]
    assert "<p>Once upon a time, there was.</p>" in visitor.get(f"/c/{first.start['conversation']}/").text


def test_the_model_is_sent_its_text_and_asked_to_go_on(site: Site) -> None:
    visitor = site.visitor()
    first = stopped(site, visitor, "Once upon")
    site.upstream.enqueue(Reply(" a time."))

    with go_on(visitor, first.start["message"]) as second:
        assert second.end["status"] == "done"

    assert site.upstream.requests[1].messages[1:] == [
        {"role": "user", "content": "Tell me."},
        {"role": "assistant", "content": "Once upon"},
        {"role": "user", "content": GO_ON},
    ]


def test_a_continued_reply_can_be_continued_and_the_first_one_regenerated(site: Site) -> None:
    visitor = site.visitor()
    first = stopped(site, visitor, "One, ")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("two, ", gate), Reply("three."), Reply("Another."))
    with go_on(visitor, first.start["message"]) as second:
        gate.wait_until_reached()
        visitor.stop(second.start["run"])
        assert second.end["status"] == "stopped"

    with go_on(visitor, second.start["message"]) as third:
        assert third.end["status"] == "done"
    with visitor.regenerate(first.start["message"]) as other:
        assert other.end["status"] == "done"

    assert (second.text, third.text, other.text) == ("One, two, ", "One, two, three.", "Another.")


@pytest.mark.parametrize("word", [*LENGTH_LIMITS, "MAX_TOKENS"])
def test_a_reply_at_its_length_limit_can_be_continued(site: Site, word: str) -> None:
    site.upstream.enqueue(Reply("Too lo", finish=word), Reply("ng."))
    visitor = site.visitor()
    with visitor.send("Hi") as first:
        assert first.end["finish_reason"] == word

    with go_on(visitor, first.start["message"]) as second:
        assert second.end["status"] == "done"
    assert second.text == "Too long."


def test_without_script_it_leads_to_the_conversation(site: Site) -> None:
    visitor = site.visitor()
    first = stopped(site, visitor, "One, ")
    site.upstream.enqueue(Reply("two."))

    answer = visitor.post(f"/messages/{first.start['message']}/continue/")

    assert answer.status_code == 303
    assert answer.headers["Location"] == first.response.headers["Content-Location"]
    assert site.upstream.wait_for_request(2).answered.wait()


def test_a_repeated_request_continues_the_reply_once(site: Site) -> None:
    visitor = site.visitor()
    first = stopped(site, visitor, "One, ")
    site.upstream.enqueue(Reply("two."))
    key = str(uuid4())

    with go_on(visitor, first.start["message"], key=key) as second:
        assert second.end["status"] == "done"
    with go_on(visitor, first.start["message"], key=key) as again:
        assert again.end["status"] == "done"

    assert again.start == second.start
    assert len(site.upstream.requests) == 2


def test_a_reply_that_was_not_cut_short_is_refused(site: Site) -> None:
    site.upstream.enqueue(Reply("Done."), Reply("Failed", finish=None))
    visitor = site.visitor()
    with visitor.send("Hi") as done:
        assert done.end["status"] == "done"
    with visitor.send("Hi") as failed:
        assert failed.end["status"] == "failed"
    empty = stopped(site, visitor)

    for reading in (done, failed, empty):
        assert refused(visitor, reading.start["message"]) == (400, "cannot_continue")


@pytest.mark.parametrize("slug", ["agent", "structured"])
def test_assistants_whose_replies_are_more_than_text_cannot_continue(site: Site, slug: str) -> None:
    visitor = site.visitor()
    first = stopped(site, visitor, "One, ", assistant=slug)

    assert refused(visitor, first.start["message"]) == (400, "cannot_continue")
    assert ">Continue<" not in visitor.get(f"/c/{first.start['conversation']}/").text


def test_a_reply_that_fills_the_context_cannot_be_continued(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_CONTEXT_TOKENS": "1000"})
    visitor = site.visitor()
    first = stopped(site, visitor, "word " * 700)

    assert refused(visitor, first.start["message"]) == (400, "too_long")


def test_nothing_can_be_continued_for_another_person(site: Site) -> None:
    first = stopped(site, site.visitor(), "Mine.")

    assert refused(site.visitor(), first.start["message"]) == (404, "not_found")


@pytest.mark.django_db
def test_another_process_begins_the_run_with_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Assistant(slug="x", name="X", description="", build=lambda: RunnableLambda(str), continues=True)
    monkeypatch.setattr(replies, "_assistant_of", lambda conversation: other)
    conversation = Conversation.objects.create(title="Hi", assistant="x", guest="g")
    question = conversation.messages.create(role="user", content="Tell me.")
    begun = conversation.messages.create(role="assistant", parent=question, content="One, ", status="stopped")
    run = uuid4()
    Message.objects.create(
        conversation=conversation,
        role="assistant",
        parent=question,
        continued=begun,
        run_id=run,
        status="running",
    )

    job = replies.job_of(run)

    assert job is not None
    assert job.prefix == "One, "
    assert [message.text for message in job.input[1:]] == ["Tell me.", "One, ", GO_ON]
