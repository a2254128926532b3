"""A person shares a conversation, sees the links, and revokes them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.retention import expire
from chatsite.chat.models import Conversation, Message
from chatsite.sharing.models import Link
from tests.chatsite.chat.portable.conversations import DETAILS, add

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def with_guests(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True


@pytest.fixture
def talk(owner: User) -> Conversation:
    talk = Conversation.objects.create(user=owner, title="Tea", assistant="chat")
    question = add(talk, None, "user", "What is <tea>?")
    add(talk, question, "assistant", "Another version.", status="stopped")
    add(talk, question, "assistant", "A *drink*.", details=DETAILS | {"output": None}, model="gpt-x")
    return talk


def share(client: Client, talk: Conversation) -> str:
    """The address of the link."""
    response = client.post(f"/c/{talk.pk}/share/")
    assert (response.status_code, response["Location"]) == (303, f"/c/{talk.pk}/share/")
    return Link.objects.get(conversation=talk).get_absolute_url()


def somebody() -> Client:
    return Client()


def test_everybody_who_has_the_link_reads_what_was_shared(client: Client, talk: Conversation) -> None:
    address = share(client, talk)
    assert f'value="http://testserver{address}"' in client.get(f"/c/{talk.pk}/share/").text

    page = somebody().get(address)

    assert page.status_code == 200
    assert "What is &lt;tea&gt;?" in page.text
    assert "A <em>drink</em>." in page.text
    assert "gpt-x" in page.text


def test_the_page_keeps_to_itself_who_reads_it(client: Client, talk: Conversation) -> None:
    reader = somebody()

    page = reader.get(share(client, talk))

    assert not page.cookies
    assert not reader.cookies
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in page.text
    assert "no-store" in page["Cache-Control"]
    assert "<script" not in page.text


def test_what_stays_the_owners_is_not_on_the_page(client: Client, talk: Conversation, owner: User) -> None:
    """Nor what is on no path to what was shared."""
    page = somebody().get(share(client, talk)).text
    for secret in (
        "It is a question.",
        "It did not work.",
        "/documents/",
        "Notes",
        "Another version.",
        "owner",
    ):
        assert secret not in page, secret
    assert not re.search(str(talk.pk), page)


def test_what_is_written_later_is_not_shared(client: Client, talk: Conversation) -> None:
    address = share(client, talk)
    add(talk, talk.path()[-1], "user", "canary-later")
    client.post(f"/c/{talk.pk}/rename/", {"title": "canary-title"})

    page = somebody().get(address).text

    assert "canary" not in page
    assert "Tea" in page
    assert share_again(client, talk) == 2
    assert share_again(client, talk) == 2  # the same link


def share_again(client: Client, talk: Conversation) -> int:
    client.post(f"/c/{talk.pk}/share/")
    return Link.objects.count()


def test_a_long_conversation_can_be_read_to_its_beginning_and_no_further(
    client: Client, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatsite.sharing.views.PAGE_MESSAGES", 1)
    address = share(client, talk)
    question, other, reply = talk.messages.order_by("created")
    page = somebody().get(address).text
    assert f'href="?before={reply.pk}"' in page
    assert "What is" not in page

    earlier = somebody().get(address, {"before": str(reply.pk)}).text

    assert "What is" in earlier
    assert "?before=" not in earlier
    for before in (other.pk, question.pk, "x", "0" * 32):
        assert somebody().get(address, {"before": str(before)}).status_code == 404, before


def test_a_link_that_is_guessed_or_revoked_leads_nowhere(client: Client, talk: Conversation) -> None:
    address = share(client, talk)
    assert client.get("/c/shared/").text.count("Revoke") == 1

    answer = client.post(f"/c{address}revoke/", follow=True)

    assert "The link leads nowhere any more." in answer.text
    assert "You have shared nothing." in client.get("/c/shared/").text
    for gone in (address, "/shared/" + "A" * 32 + "/", "/shared/" + "x" * 2000 + "/"):
        for reader in (somebody(), client):
            answer = reader.get(gone)
            assert (answer.status_code, "This link leads nowhere." in answer.text) == (404, True)
            assert reader.get(f"{gone}copy/").status_code == 404
            assert reader.post(f"{gone}copy/").status_code == 404
    assert somebody().get("/shared/%00/").status_code == 404  # PostgreSQL takes no NUL in a question either


def test_the_link_of_a_deleted_conversation_is_gone(client: Client, talk: Conversation) -> None:
    address = share(client, talk)
    client.post(f"/c/{talk.pk}/delete/")
    assert somebody().get(address).status_code == 404
    assert "Tea" not in client.get("/c/shared/").text

    client.post(f"/c/{talk.pk}/restore/")
    assert somebody().get(address).status_code == 200

    Conversation.objects.update(deleted=timezone.now() - UNDO_FOR - timedelta(seconds=1))
    expire()
    assert not Link.objects.exists()


def test_the_owner_is_told_what_others_see(client: Client, talk: Conversation) -> None:
    page = client.get(share(client, talk)).text
    assert "This is what others see of your chat." in page
    assert f'href="/c/{talk.pk}/"' in page
    assert "Go on from here" not in page


@pytest.mark.parametrize("person", ["outsider", "guest"])
def test_whoever_reads_can_go_on_with_a_copy_of_their_own(
    client: Client, talk: Conversation, person: str
) -> None:
    address = share(client, talk)
    reader = somebody()
    if person == "outsider":
        reader.force_login(User.objects.create_user("outsider"))
    assert "Go on from here" in reader.get(address).text
    assert "Copy it and go on" in reader.get(f"{address}copy/").text

    answer = reader.post(f"{address}copy/")

    assert answer.status_code == 303
    copied = Conversation.objects.exclude(pk=talk.pk).get()
    assert answer["Location"] == f"/c/{copied.pk}/"
    page = reader.get(answer["Location"]).text
    assert "A <em>drink</em>." in page
    assert [(message.role, message.content) for message in copied.path()] == [
        ("user", "What is <tea>?"),
        ("assistant", "A *drink*."),
    ]
    assert copied.messages.get(role="assistant").details == {"output": None}
    assert not {*copied.messages.values_list("pk")} & {*talk.messages.values_list("pk")}
    assert client.get(f"/c/{copied.pk}/").status_code == 404
    assert talk.messages.count() == 3
    client.post(f"/c{address}revoke/")
    assert reader.get(f"/c/{copied.pk}/").status_code == 200


def test_where_no_guests_are_let_in_a_link_is_read_and_a_copy_needs_an_account(
    client: Client, talk: Conversation, settings: Settings
) -> None:
    address = share(client, talk)
    settings.CHAT_ALLOW_GUESTS = False
    reader = somebody()
    assert reader.get(address).status_code == 200
    answer = reader.get(f"{address}copy/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("person", ["outsider", "guest"])
def test_nobody_else_shares_lists_or_revokes(client: Client, talk: Conversation, person: str) -> None:
    address = share(client, talk)
    other = somebody()
    if person == "outsider":
        other.force_login(User.objects.create_user("outsider"))

    assert other.get(f"/c/{talk.pk}/share/").status_code == 404
    assert other.post(f"/c/{talk.pk}/share/").status_code == 404
    assert other.post(f"/c{address}revoke/").status_code == 404
    assert "Tea" not in other.get("/c/shared/").text
    assert Link.objects.count() == 1


def test_a_reply_that_is_being_written_is_not_shared(client: Client, talk: Conversation) -> None:
    add(talk, talk.path()[-1], "user", "And?")
    add(talk, talk.path()[-1], "assistant", "", status="running")
    answer = client.post(f"/c/{talk.pk}/share/", headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not_ended")
    assert not Link.objects.exists()


def test_a_person_has_so_many_links(client: Client, talk: Conversation, settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"links": 1}
    share(client, talk)
    add(talk, talk.path()[-1], "user", "And?")
    answer = client.post(f"/c/{talk.pk}/share/", headers=JSON)
    assert answer.status_code == 429
    assert answer.json()["error"]["message"] == "You can have 1 links. Revoke one to make another."


def test_a_copy_counts_as_an_import_and_has_an_end(
    client: Client, talk: Conversation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = share(client, talk)
    monkeypatch.setattr("chatsite.sharing.copying.MOST_CHARACTERS", 20)
    too_long = client.post(f"{address}copy/", headers=JSON)
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (400, "too_long")
    assert Conversation.objects.count() == 1

    settings.LIMITS = settings.LIMITS | {"imports": 1}
    assert client.post(f"{address}copy/", headers=JSON).status_code == 429


def test_an_operator_can_turn_sharing_off(client: Client, talk: Conversation, settings: Settings) -> None:
    address = share(client, talk)
    settings.CHAT_ALLOW_SHARING = False
    assert somebody().get(address).status_code == 404
    assert client.post(f"{address}copy/").status_code == 404
    assert client.post(f"/c/{talk.pk}/share/").status_code == 404
    assert ">Share</a>" not in client.get(f"/c/{talk.pk}/edit/").text
    assert client.post(f"/c{address}revoke/").status_code == 303  # what is there can be taken away


def test_the_forms_need_their_tokens(owner: User, client: Client, talk: Conversation) -> None:
    address = share(client, talk)
    careful: Any = Client(enforce_csrf_checks=True)
    careful.force_login(owner)
    for path in (f"/c/{talk.pk}/share/", f"/c{address}revoke/", f"{address}copy/"):
        assert careful.post(path).status_code == 403, path
    assert client.get(f"/c{address}revoke/").status_code == 405
    assert (Link.objects.count(), Message.objects.count()) == (1, 3)


def test_the_branch_that_was_shown_is_shared(client: Client, talk: Conversation) -> None:
    question = talk.messages.get(role="user")
    shown = add(talk, add(talk, question, "assistant", "One."), "user", "To one?")
    add(talk, shown, "assistant", "Yes, to one.")
    add(talk, add(talk, add(talk, question, "assistant", "Two."), "user", "To two?"), "assistant", "Newest.")

    edit = client.get(f"/c/{talk.pk}/edit/?leaf={shown.pk}").text
    address = f"/c/{talk.pk}/share/?leaf={shown.pk}"
    assert f'href="{address}"' in edit
    page = client.get(address).text
    assert "It ends with what answers: “To one?”" in page
    assert f'href="/c/{talk.pk}/?leaf={shown.pk}"' in page
    assert client.post(f"/c/{talk.pk}/share/", {"leaf": shown.pk}).status_code == 303

    read = somebody().get(Link.objects.get().get_absolute_url()).text
    assert "Yes, to one." in read
    assert "Newest." not in read


@pytest.mark.parametrize("page", ["edit/", "share/", "export.md"])
def test_a_branch_that_is_not_there_is_not_found(client: Client, talk: Conversation, page: str) -> None:
    other = Conversation.objects.create(user=User.objects.create_user("other"), title="Hi", assistant="chat")
    for leaf in (add(other, None, "user", "Secret").pk, "x", ""):
        assert client.get(f"/c/{talk.pk}/{page}?leaf={leaf}").status_code == 404
