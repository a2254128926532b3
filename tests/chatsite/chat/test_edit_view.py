"""GET /messages/<message>/edit/, and what is sent with that form: a branch beside the message."""

from html import unescape
from typing import Any

import pytest

from tests.site import Site
from tests.upstream import Reply, Reset
from tests.visitor import EVENTS, Reading, Visitor


def exchange(site: Site, visitor: Visitor, text: str, **fields: Any) -> Reading:
    site.upstream.enqueue(Reply(f"To {text}"))
    with visitor.send(text, **fields) as reading:
        assert reading.end["status"] == "done"
    return reading


def place(reading: Reading) -> str:
    return str(reading.response.headers["Content-Location"])


def question(reading: Reading) -> str:
    """What the reply answers: the page at that place shows the branch with it."""
    return place(reading).partition("?leaf=")[2]


def asked(site: Site, number: int) -> list[str]:
    """What the model was sent, but for the system's prompt."""
    return [str(message["content"]) for message in site.upstream.requests[number].messages[1:]]


def edit(site: Site, visitor: Visitor, reading: Reading, text: str) -> Reading:
    return exchange(site, visitor, text, conversation=reading.start["conversation"], edited=question(reading))


def test_the_form_has_what_was_written_to_the_letter(site: Site) -> None:
    visitor = site.visitor()
    reading = exchange(site, visitor, "\n  <b>1</b>\n")

    page = visitor.get(f"/messages/{question(reading)}/edit/").text

    text = page.partition('enterkeyhint="enter">\n')[2].partition("</textarea>")[0]
    assert unescape(text) == "\n  <b>1</b>\n"
    assert f'name="edited" value="{question(reading)}"' in page
    assert f'name="conversation" value="{reading.start["conversation"]}"' in page


def test_an_edited_first_message_begins_the_conversation_anew(site: Site) -> None:
    visitor = site.visitor()
    first = exchange(site, visitor, "one")
    edited = edit(site, visitor, first, "uno")

    assert edited.start["conversation"] == first.start["conversation"]
    assert asked(site, 1) == ["uno"]
    page = visitor.get(place(edited)).text
    assert "To uno" in page
    assert "To one" not in page
    assert "Version 2 of 2" in page
    assert "To one" in visitor.get(place(first)).text


def test_a_message_is_edited_with_what_was_said_before_it(site: Site) -> None:
    visitor = site.visitor()
    first = exchange(site, visitor, "one")
    conversation = first.start["conversation"]
    second = exchange(site, visitor, "two", conversation=conversation)
    exchange(site, visitor, "three", conversation=conversation)

    edit(site, visitor, second, "due")

    assert asked(site, 3) == ["one", "To one", "due"]


def test_what_is_sent_next_goes_below_the_branch_that_is_shown(site: Site) -> None:
    visitor = site.visitor()
    first = exchange(site, visitor, "one")
    conversation = first.start["conversation"]
    edit(site, visitor, first, "uno")

    exchange(site, visitor, "two", conversation=conversation, leaf=question(first))
    exchange(site, visitor, "due", conversation=conversation)  # the newest is another one by now
    exchange(site, visitor, "tre", conversation=conversation, leaf=first.start["message"])

    assert asked(site, 2) == ["one", "To one", "two"]
    assert asked(site, 3) == ["one", "To one", "two", "To two", "due"]
    assert asked(site, 4) == ["one", "To one", "two", "To two", "due", "To due", "tre"]


def test_an_edit_that_fails_takes_nothing_away(site: Site) -> None:
    visitor = site.visitor()
    first = exchange(site, visitor, "one")
    site.upstream.enqueue(Reply("half", Reset()))
    fields = {"conversation": first.start["conversation"], "edited": question(first)}
    with visitor.send("uno", **fields) as reading:
        assert reading.end["status"] == "failed"

    page = visitor.get(place(reading)).text
    assert "Retry" in page
    assert "Version 2 of 2" in page
    assert "To one" in visitor.get(place(first)).text


def test_the_same_edit_sent_twice_is_one(site: Site) -> None:
    visitor = site.visitor()
    first = exchange(site, visitor, "one")
    fields = {"conversation": first.start["conversation"], "edited": question(first)}
    fields["key"] = "0" * 31 + "1"
    edited = exchange(site, visitor, "uno", **fields)

    with visitor.send("uno", **fields) as again:
        assert again.start["message"] == edited.start["message"]
    assert place(again) == place(edited)


def test_without_script_an_edit_leads_to_its_branch(site: Site) -> None:
    visitor = site.visitor()
    first = exchange(site, visitor, "one")
    site.upstream.enqueue(Reply("To uno"))
    fields = {"conversation": first.start["conversation"], "edited": question(first)}

    answer = visitor.post("/messages/", {"text": "uno", **fields})

    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"]).text
    assert "uno" in page
    assert "Version 2 of 2" in page


def test_only_ones_own_messages_can_be_edited(site: Site) -> None:
    visitor, outsider = site.visitor(), site.visitor()
    reading = exchange(site, visitor, "one")
    own = exchange(site, outsider, "mine")
    fields = {"text": "Hi", "conversation": own.start["conversation"], "edited": question(reading)}

    answer = outsider.post("/messages/", fields, headers={"Accept": EVENTS})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert outsider.get(f"/messages/{question(reading)}/edit/").status_code == 404
    assert visitor.get(f"/messages/{reading.start['message']}/edit/").status_code == 404


@pytest.mark.parametrize("field", ["edited", "leaf"])
def test_a_message_of_another_conversation_does_not_exist_here(site: Site, field: str) -> None:
    visitor = site.visitor()
    here, there = exchange(site, visitor, "one"), exchange(site, visitor, "two")
    fields = {"text": "Hi", "conversation": here.start["conversation"], field: question(there)}

    answer = visitor.post("/messages/", fields, headers={"Accept": EVENTS})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_reply_cannot_be_edited(site: Site) -> None:
    visitor = site.visitor()
    reading = exchange(site, visitor, "one")
    fields = {"conversation": reading.start["conversation"], "edited": reading.start["message"]}

    answer = visitor.post("/messages/", {"text": "Hi", **fields}, headers={"Accept": EVENTS})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not_a_message")
