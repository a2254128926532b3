"""Where mail can be sent, an account's address is confirmed before somebody signs in to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts.retention import expire
from tests.chatsite.accounts.conftest import is_signed_in, sign_up_form

pytestmark = pytest.mark.django_db

FORM = sign_up_form(email="Alice@example.org")
SIGN_IN = {"username": "alice", "password": "canary-password"}
SENT = "/accounts/email/sent/"


@pytest.fixture(autouse=True)
def _in_this_process(with_mail: Settings) -> None:
    """No server is needed here."""


def test_the_link_in_the_mail_signs_in_where_the_account_was_made(
    client: Client, linked: Callable[[], str]
) -> None:
    answer = client.post("/accounts/signup/", FORM | {"next": "/c/"})
    assert (answer["Location"], is_signed_in(client)) == (SENT, False)
    assert "mailbox" in client.get(SENT).text
    assert mail.outbox[0].to == ["alice@example.org"]
    assert mail.outbox[0].subject == "Confirm your address at testserver"

    assert "alice@example.org" in client.get(linked()).text
    assert not is_signed_in(client)  # programs that look at mails follow links
    answer = client.post(linked())

    assert (answer["Location"], is_signed_in(client)) == ("/c/", True)


def test_elsewhere_the_link_confirms_and_signs_nobody_in(client: Client, linked: Callable[[], str]) -> None:
    client.post("/accounts/signup/", FORM)
    elsewhere = Client()

    assert elsewhere.post(linked())["Location"] == "/accounts/login/"

    assert not is_signed_in(elsewhere)
    assert "is confirmed" in elsewhere.get("/accounts/login/").text
    elsewhere.post("/accounts/login/", SIGN_IN)
    assert is_signed_in(elsewhere)
    assert "too old" in elsewhere.get(linked()).text


def test_a_link_signs_nobody_else_out(client: Client, linked: Callable[[], str]) -> None:
    Client().post("/accounts/signup/", FORM)
    client.force_login(User.objects.create_user("bob"))

    client.get(linked())

    assert is_signed_in(client)


def test_until_then_signing_in_sends_the_link_again(client: Client) -> None:
    client.post("/accounts/signup/", FORM)
    elsewhere = Client()

    assert "correct" in elsewhere.post("/accounts/login/", SIGN_IN | {"password": "wrong"}).text
    assert len(mail.outbox) == 1
    assert elsewhere.post("/accounts/login/", SIGN_IN)["Location"] == SENT

    assert not is_signed_in(elsewhere)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("email", ["", "root@example.org"])
def test_who_was_made_an_account_by_an_operator_signs_in_as_always(client: Client, email: str) -> None:
    User.objects.create_user("alice", email, "canary-password")
    if email:
        client.post("/accounts/password/reset/", {"email": email})

    client.post("/accounts/login/", SIGN_IN)

    assert is_signed_in(client)
    client.get("/accounts/email/")
    client.post("/accounts/logout/")
    client.post("/accounts/login/", SIGN_IN)
    assert is_signed_in(client)


def test_nobody_finds_out_who_has_an_account(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(User, "set_password", lambda self, password: made.append(password))
    answers = [client.post("/accounts/signup/", FORM)]

    answers.append(Client().post("/accounts/signup/", FORM | {"username": "bob"}))

    assert len({(answer.status_code, answer["Location"], answer.text) for answer in answers}) == 1
    assert made == ["canary-password", "canary-password"]  # which is what takes time
    assert User.objects.count() == 1
    assert [message.to for message in mail.outbox] == [["alice@example.org"]] * 2
    assert "There is one already" in str(mail.outbox[1].body)


def test_an_account_that_nobody_confirms_is_deleted(client: Client) -> None:
    client.post("/accounts/signup/", FORM)
    bob = User.objects.create_user("bob", "bob@example.org")
    User.objects.update(date_joined=timezone.now() - timedelta(days=2))
    expire()
    assert User.objects.count() == 2

    User.objects.update(date_joined=timezone.now() - timedelta(days=4))
    expire()

    assert list(User.objects.all()) == [bob]
