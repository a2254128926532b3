"""What a person has set reaches the model's server, with each request that is made for them."""

from typing import Any

import pytest

from tests.site import Site, SiteStarter
from tests.upstream import Failure, Reply
from tests.visitor import Visitor


def keep(visitor: Visitor, path: str = "/settings/", **fields: str) -> None:
    answer = visitor.post(path, fields)
    assert answer.status_code in (302, 303), answer.text


def sent(site: Site) -> Any:
    """The body of the newest request."""
    return site.upstream.requests[-1].json


def say(visitor: Visitor, text: str = "Hi", **fields: Any) -> Any:
    """Send a message and read its reply; returns the `start`."""
    with visitor.send(text, **fields) as reading:
        assert reading.end["status"] == "done"
    return reading.start


@pytest.fixture
def models(start_site: SiteStarter) -> Site:
    """A site with a choice of models."""
    return start_site(settings={"CHAT_MODELS": "scripted,other,small=2000", "CHAT_MAX_TOKENS": "900"})


def test_without_settings_nothing_is_sent_but_what_the_site_says(site: Site) -> None:
    site.upstream.enqueue(Reply("Yes."))
    say(site.visitor())
    body = sent(site)
    assert body["messages"][0] == {"role": "system", "content": "You are a helpful assistant."}
    assert not body.keys() & {"temperature", "max_tokens", "max_completion_tokens"}


def test_a_persons_settings_are_sent_after_what_the_site_says(models: Site) -> None:
    models.upstream.enqueue(Reply("Yes."))
    visitor = models.visitor()
    keep(visitor, instructions="Be brief.\r\nRhyme.", model="other", temperature="0.25", max_tokens="77")

    start = say(visitor)

    body = sent(models)
    assert body["messages"][0]["content"] == "You are a helpful assistant.\n\nBe brief.\nRhyme."
    assert (body["model"], body["temperature"]) == ("other", 0.25)
    assert (body.get("max_tokens") or body["max_completion_tokens"]) == 77
    assert start["model"] == "other"
    page = visitor.get(f"/c/{start['conversation']}/").text
    assert '<option value="other" selected>' in page


def test_those_of_a_conversation_go_first_and_what_is_empty_is_inherited(models: Site) -> None:
    models.upstream.enqueue(Reply("Yes."), Reply("Yes."), Reply("Yes."))
    visitor = models.visitor()
    keep(visitor, instructions="Be brief.", model="other", temperature="0.5")
    conversation = say(visitor)["conversation"]
    keep(visitor, f"/c/{conversation}/settings/", model="scripted", temperature="0")

    say(visitor, conversation=conversation)
    here = sent(models)
    say(visitor)
    elsewhere = sent(models)

    assert (here["model"], here["temperature"]) == ("scripted", 0)
    assert here["messages"][0]["content"].endswith("Be brief.")
    assert (elsewhere["model"], elsewhere["temperature"]) == ("other", 0.5)


def test_nobodys_settings_are_sent_for_somebody_else(models: Site) -> None:
    models.upstream.enqueue(Reply("Yes."))
    keep(models.visitor(), instructions="canary-instructions", model="other")
    say(models.visitor())
    assert sent(models)["model"] == "scripted"
    assert "canary" not in str(sent(models))


def test_a_model_that_is_chosen_with_a_message_answers_from_then_on(models: Site) -> None:
    models.upstream.enqueue(Reply("One."), Reply("Two."), Reply("Three."))
    visitor = models.visitor()

    start = say(visitor, model="other")
    assert sent(models)["model"] == "other"
    say(visitor, conversation=start["conversation"])
    assert sent(models)["model"] == "other"
    with visitor.read(
        visitor.form(
            f"/messages/{start['message']}/regenerate/", {"model": "small"}, {"Accept": "text/event-stream"}
        )
    ) as reading:
        assert reading.end["status"] == "done"
    assert (sent(models)["model"], reading.start["model"]) == ("small", "small")
    assert '<option value="small" selected>' in visitor.get(f"/c/{start['conversation']}/").text


def test_a_model_that_is_not_offered_is_refused_and_nothing_is_stored(models: Site) -> None:
    visitor = models.visitor()
    answer = visitor.post(
        "/messages/", {"text": "Hi", "model": "gpt-9"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "model_not_offered")
    assert models.upstream.requests == []


def test_no_reply_is_longer_than_the_site_allows(models: Site) -> None:
    models.upstream.enqueue(Reply("Yes."))
    visitor = models.visitor()
    refused = visitor.post("/settings/", {"max_tokens": "901"})
    assert refused.status_code == 400
    assert "from 1 to 900" in refused.text
    say(visitor)
    assert sent(models)["max_completion_tokens"] == 900


def test_a_server_that_has_its_own_temperature_answers_all_the_same(start_site: SiteStarter) -> None:
    site = start_site()
    refusal = "Unsupported value: 'temperature' does not support 0.5 with this model."
    site.upstream.enqueue(Failure(400, refusal), Reply("Yes."))
    visitor = site.visitor()
    keep(visitor, temperature="0.5")

    say(visitor)

    assert "temperature" not in sent(site)


@pytest.mark.parametrize(
    ("assistant", "own"),
    [("agent", "Use the tools for calculations"), ("structured", "Fill in a form, Recipe")],
)
def test_instructions_come_after_those_of_the_assistant(site: Site, assistant: str, own: str) -> None:
    site.upstream.enqueue(Reply("{}") if assistant == "structured" else Reply("Yes."))
    visitor = site.visitor()
    keep(visitor, instructions="Rhyme.", temperature="0.5", max_tokens="50")

    with visitor.send("Hi", assistant=assistant) as reading:
        assert reading.end

    body = sent(site)
    (system,) = [message["content"] for message in body["messages"] if message["role"] == "system"]
    assert system.index("You are a helpful assistant.") < system.index(own) < system.index("Rhyme.")
    assert (body["temperature"], body["max_completion_tokens"]) == (0.5, 50)


def test_an_answer_from_documents_keeps_its_own_instructions(site: Site) -> None:
    site.upstream.enqueue(Reply("Tea [1]."))
    visitor = site.visitor()
    keep(visitor, instructions="Rhyme.", temperature="0.5")
    token = visitor.get("/documents/").text
    assert token
    upload = visitor.http.post(
        "/documents/",
        data={"csrfmiddlewaretoken": visitor._token},
        files={"file": ("tea.txt", b"Tea is brewed at 95 degrees.", "text/plain")},
        headers={"Referer": f"{site.url}/", "Origin": site.url},
    )
    assert upload.status_code == 303, upload.text

    say(visitor, "How hot is tea?", assistant="documents")

    system = sent(site)["messages"][0]["content"]
    assert system.index("Answer from the numbered passages") < system.index("Rhyme.")
    assert sent(site)["temperature"] == 0.5


def test_the_models_own_context_bounds_what_it_is_sent(models: Site) -> None:
    models.upstream.enqueue(Reply("One."), Reply("Two."), Reply("Three."))
    visitor = models.visitor()
    conversation = say(visitor, "x" * 4_000)["conversation"]
    say(visitor, "y" * 4_000, conversation=conversation)
    assert len(sent(models)["messages"]) == 4

    say(visitor, "z", conversation=conversation, model="small")

    assert [message["content"][:1] for message in sent(models)["messages"][1:]] == ["y", "T", "z"]


def test_instructions_take_room_from_the_conversation(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_CONTEXT_TOKENS": "1000", "CHAT_MAX_TOKENS": "250"})
    site.upstream.enqueue(Reply("One."), Reply("Two."))
    visitor = site.visitor()
    conversation = say(visitor, "x" * 2_400)["conversation"]
    keep(visitor, instructions="i" * 700)

    say(visitor, "y" * 100, conversation=conversation)

    assert [message["content"][:1] for message in sent(site)["messages"]] == ["Y", "y"]
