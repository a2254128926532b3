"""What a reply has taken, and what its reader thinks of it."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chatsite.chat.models import Conversation, Message
from chatsite.feedback.facts import facts_of, rate_of
from chatsite.feedback.models import COMMENT_LENGTH, Opinion
from tests.chatsite.chat.portable.conversations import add

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def with_guests(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True


@pytest.fixture
def reply(owner: User) -> Message:
    talk = Conversation.objects.create(user=owner, title="Tea", assistant="chat")
    fields = {"input_tokens": 1200, "output_tokens": 40, "usage_source": "reported", "finish_reason": "stop"}
    times = {"first_token_ms": 500, "took_ms": 2500}
    return add(talk, add(talk, None, "user", "Hi"), "assistant", "Yes.", model="gpt-x", **fields, **times)


def test_the_facts_of_a_reply_are_told(client: Client, reply: Message) -> None:
    page = client.get(f"/messages/{reply.pk}/details/").text
    facts = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page)
    assert facts == [
        ("Model", "gpt-x"),
        ("Ended", "stop"),
        ("Tokens read", "1,200 (reported)"),
        ("Tokens written", "40 (reported)"),
        ("First token after", "0.50 s"),
        ("Written after", "2.50 s"),
        ("Speed", "20.0 tokens a second"),
        ("Context", "1 % full after this reply (estimated)"),
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert facts_of(Message(role="assistant", status="interrupted")) == [("Ended", "Interrupted")]
    assert rate_of(Message(output_tokens=0, first_token_ms=1, took_ms=2)) is None
    assert rate_of(Message(output_tokens=5, first_token_ms=2, took_ms=2)) is None


def test_an_opinion_is_kept_changed_and_forgotten(client: Client, reply: Message) -> None:
    address = f"/messages/{reply.pk}/opinion/"
    client.post(address, {"good": "yes"})
    answer = client.post(address, {"good": "no", "comment": "Too <short>.\r\nReally."}, follow=True)

    assert "What you think of the reply was kept." in answer.text
    assert "Too &lt;short&gt;." in answer.text
    opinion = Opinion.objects.get()
    assert (opinion.message, opinion.is_good, opinion.comment) == (reply, False, "Too <short>.\nReally.")

    answer = client.post(f"{address}forget/", follow=True)
    assert "was forgotten" in answer.text
    assert client.post(f"{address}forget/").status_code == 303
    assert not Opinion.objects.exists()


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "required"),
        ({"good": "perhaps"}, "invalid_choice"),
        ({"good": "yes", "comment": "x" * (COMMENT_LENGTH + 1)}, "too_long"),
        ({"good": "yes", "comment": "a\0b"}, "null_characters_not_allowed"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    client: Client, reply: Message, form: dict[str, str], code: str
) -> None:
    address = f"/messages/{reply.pk}/opinion/"
    refusal = client.post(address, form, headers=JSON)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (400, code)
    assert 'role="alert"' in client.post(address, form).text
    assert not Opinion.objects.exists()


@pytest.mark.parametrize("person", ["outsider", "guest"])
def test_nobody_else_sees_or_judges_a_reply(reply: Message, person: str) -> None:
    somebody = Client()
    if person == "outsider":
        somebody.force_login(User.objects.create_user("outsider"))
    assert somebody.get(f"/messages/{reply.pk}/details/").status_code == 404
    assert somebody.post(f"/messages/{reply.pk}/opinion/", {"good": "yes"}).status_code == 404
    assert somebody.post(f"/messages/{reply.pk}/opinion/forget/").status_code == 404
    assert not Opinion.objects.exists()


def test_a_message_of_ones_own_has_no_details(client: Client, reply: Message) -> None:
    assert client.get(f"/messages/{reply.parent_id}/details/").status_code == 404


def test_an_opinion_goes_with_its_conversation(client: Client, reply: Message) -> None:
    client.post(f"/messages/{reply.pk}/opinion/", {"good": "yes"})
    Conversation.objects.all().delete()
    assert not Opinion.objects.exists()


def test_the_page_of_a_conversation_leads_to_the_details(client: Client, reply: Message) -> None:
    page = client.get(reply.conversation.get_absolute_url()).text
    assert f'href="/messages/{reply.pk}/details/"' in page


def pressed(page: str) -> list[tuple[str, str]]:
    """The two buttons of each reply: what they say, and whether they are pressed."""
    return re.findall(r'name="good" value="(yes|no)" aria-pressed="(true|false)"', page)


def test_a_press_below_a_reply_keeps_an_opinion_and_its_comment(client: Client, reply: Message) -> None:
    address, page = f"/messages/{reply.pk}/opinion/", reply.conversation.get_absolute_url()
    none = [("yes", "false"), ("no", "false")]
    assert pressed(client.get(page).text)[:2] == none

    assert client.post(address, {"good": "yes"}, headers=JSON).status_code == 204
    assert pressed(client.get(page).text)[:2] == [("yes", "true"), ("no", "false")]
    client.post(address, {"good": "yes", "comment": "Short."})
    client.post(address, {"good": "no"}, headers=JSON)
    assert pressed(client.get(page).text)[:2] == [("yes", "false"), ("no", "true")]
    assert Opinion.objects.get().comment == "Short."

    assert client.post(f"{address}forget/", headers=JSON).status_code == 204
    assert pressed(client.get(page).text)[:2] == none


def test_opinions_of_a_page_are_one_query(client: Client, reply: Message) -> None:
    page, counts = reply.conversation.get_absolute_url(), []
    for _ in range(2):
        client.get(page)  # the HTML is stored with the first
        with CaptureQueriesContext(connection) as captured:
            client.get(page)
        counts.append(sum("feedback_opinion" in query["sql"] for query in captured.captured_queries))
        question = add(reply.conversation, reply, "user", "And now?")
        Opinion.objects.create(message=add(reply.conversation, question, "assistant", "So."), is_good=True)
    assert counts == [1, 1]
