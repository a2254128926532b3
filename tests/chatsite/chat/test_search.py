"""A person's messages and titles, found by pieces of words."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation, Message
from chatsite.chat.search import MOST_TERMS, pieces_of, search, terms_of
from chatsite.chat.search_text import SearchText
from chatsite.chat.search_view import AT_ONCE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]
ALICE = Visitor(guest="a" * 32)


def say(*texts: str, title: str = "-", user: User | None = None) -> Conversation:
    guest = "" if user else ALICE.guest
    talk = Conversation.objects.create(user=user, guest=guest, title=title, assistant="chat")
    Message.objects.bulk_create(Message(conversation=talk, role="user", content=text) for text in texts)
    return talk


def found(query: str, *, visitor: Visitor = ALICE) -> list[str]:
    return [hit.found.text for hit in search(terms_of(query), visitor=visitor, limit=100)]


@pytest.mark.parametrize(
    "query",
    [
        "harbour",
        "HARB",
        "rbou",
        "ur is",
        "deep harbour",
        "M\u00fcnchen",
        "m\u00dcNCH",
        "\u65e5\u672c\u8a9e",
        "\u65e5\u672c",
        "\u8a9e",
        "\u0e04\u0e27\u0e32\u0e21",
        "is",
        "D",
    ],
)
def test_a_message_is_found_by_any_piece_of_it(query: str) -> None:
    text = "The harbour is deep in M\u00fcnchen. "
    text += "\u6211\u5b66\u65e5\u672c\u8a9e\u3002 \u0e21\u0e35\u0e04\u0e27\u0e32\u0e21\u0e2a\u0e38\u0e02"
    say(text, "Nothing at all like it")
    assert text in found(query)


def test_all_terms_have_to_be_there() -> None:
    say("green tea", "black tea", "green car")
    assert found("tea green") == ["green tea"]
    assert found("te green") == ["green tea"]
    assert found("zebra") == []


def test_the_newest_come_first_and_titles_as_well() -> None:
    say("tea one", title="Tea time")
    say("tea two")
    assert found("tea") == ["tea two", "tea one", "Tea time"]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "''",
        '"tea',
        "tea*",
        "tea OR",
        "NEAR(tea",
        "text:tea",
        "^tea",
        "-tea",
        "(tea",
        "tea)",
        "{tea}",
        "te+a",
        "%",
        "_",
        "t_a",
        "%%%",
        "\\",
        "\0",
        ";--",
    ],
)
def test_nothing_in_a_search_is_a_command(client: Client, owner: User, query: str) -> None:
    say("tea", title="tea", user=owner)
    assert found(query, visitor=Visitor(owner)) == []
    assert client.get("/search/", {"q": query}).status_code == 200
    say(f"so {query} it is", user=owner)
    terms = terms_of(query)
    assert len(found(query, visitor=Visitor(owner))) == (1 if terms else 0)


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(st.text(max_size=40))
def test_any_search_is_answered(query: str) -> None:
    found(query)


def test_a_search_is_bounded() -> None:
    assert len(terms_of(" ".join(f"w{number}" for number in range(1000)))) == MOST_TERMS
    assert terms_of("tea tea\x07tea \n") == ["tea"]
    assert found("x" * 100_000) == []


def test_only_ones_own_and_what_is_not_deleted_is_found(client: Client, owner: User) -> None:
    say("my tea", user=owner)
    say("deleted tea", title="tea", user=owner)
    say("archived tea", user=owner)
    say("a guest's tea")
    say("an outsider's tea", title="tea", user=User.objects.create_user("outsider"))
    Conversation.objects.filter(messages__content="deleted tea").update(deleted=timezone.now())
    Conversation.objects.filter(messages__content="archived tea").update(is_archived=True)

    for query in ("tea", "te"):
        assert found(query, visitor=Visitor(owner)) == ["archived tea", "my tea"]
        assert found(query, visitor=Visitor()) == []
    page = client.get("/search/", {"q": "tea"}).text
    assert "outsider" not in page
    assert "guest" not in page


def test_the_index_follows_what_is_written_renamed_and_deleted() -> None:
    talk = say("first words", title="Old title")
    reply = talk.messages.create(role="assistant")
    assert found("answer") == []
    Message.objects.filter(pk=reply.pk).update(content="the answer")
    Conversation.objects.update(title="New title")
    assert found("answer") == ["the answer"]
    assert (found("old title"), found("title")) == ([], ["New title"])

    Message.objects.filter(pk=reply.pk).update(content="the other", status="done")
    assert (found("answer"), found("other")) == ([], ["the other"])

    talk.delete()
    assert not SearchText.objects.exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO chat_searchtext_index (chat_searchtext_index) VALUES ('integrity-check')"
            )


def test_what_was_there_before_is_found_once() -> None:
    say("tea", title="A title")
    SearchText.objects.all().delete()
    migration = import_module("chatsite.chat.migrations.0012_search_older")

    for _ in range(2):
        migration.fill(apps, None)

    assert (found("tea"), found("title")) == (["tea"], ["A title"])


def test_what_is_shown_is_around_the_first_hit() -> None:
    pieces = pieces_of("x" * 500 + " Green Tea, <b>tea</b> " + "y" * 500, ["tea"])

    assert [piece.text for piece in pieces if piece.is_hit] == ["Tea", "tea"]
    assert (pieces[0].text, pieces[-1].text) == ("…", "…")
    assert "".join(piece.text for piece in pieces_of("Tea", ["tea"])) == "Tea"


def test_the_page_marks_hits_and_leads_to_the_message(client: Client, owner: User) -> None:
    talk = say("<b>Green</b> tea", title="Kettle", user=owner)
    message = talk.messages.get()

    page = client.get("/search/", {"q": "green"}).text

    assert "&lt;b&gt;<mark>Green</mark>&lt;/b&gt; tea" in page
    link = f"/c/{talk.pk}/?until={message.pk}"
    assert f'href="{link}#message-{message.pk}"' in page
    assert f'id="message-{message.pk}"' in client.get(link, follow=True).text
    assert "<mark>Kett</mark>le" in client.get("/search/", {"q": "kett"}).text
    assert "Nothing was found" in client.get("/search/", {"q": "zebra"}).text
    assert "Nothing was found" not in client.get("/search/").text
    for wrong in ("", "x", str(talk.pk)):
        assert client.get(f"/c/{talk.pk}/", {"until": wrong}).status_code == 404
        assert client.get("/search/", {"q": "green", "before": wrong}).status_code == 404


def test_every_hit_can_be_reached(client: Client, owner: User) -> None:
    say(*(f"tea number {number:03}." for number in range(2 * AT_ONCE + 1)), user=owner)

    shown: list[str] = []
    query: dict[str, str] = {"q": "tea"}
    while True:
        response = client.get("/search/", query)
        shown += [hit.found.text for _, _, hits in response.context["conversations"] for hit in hits]
        if response.context["more"] is None:
            break
        query["before"] = str(response.context["more"])

    assert shown == [f"tea number {number:03}." for number in reversed(range(2 * AT_ONCE + 1))]


def test_a_search_costs_as_many_queries_however_much_is_found(client: Client, owner: User) -> None:
    client.get("/search/")  # that a person was seen is noted once a while, and not again
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": "tea"})
        counts.append(len(captured))
        for _ in range(AT_ONCE + 1):
            say("tea", title="tea", user=owner)
    assert counts[0] == counts[1]
