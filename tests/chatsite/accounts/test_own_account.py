"""What somebody can change of their own account, and what needs their password."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.chatsite.accounts.conftest import is_signed_in, sign_in

pytestmark = pytest.mark.django_db

PASSWORD = "/accounts/password/"
EMAIL = "/accounts/email/"
CHANGE = {"oldpassword": "canary-password", "password1": "another canary", "password2": "another canary"}


@pytest.fixture(autouse=True)
def alice(with_mail: Settings, client: Client) -> User:
    """She is signed in."""
    alice = User.objects.create_user("alice", "alice@example.org", "canary-password")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    sign_in(client)
    return alice


@pytest.mark.parametrize("path", ["/accounts/", PASSWORD, EMAIL])
def test_a_guest_is_asked_to_sign_in(path: str) -> None:
    assert Client().get(path)["Location"] == f"/accounts/login/?{urlencode({'next': path})}"
    assert Client().post(path).status_code == 403


def test_the_page_has_what_there_is_to_change(client: Client, settings: Settings) -> None:
    assert "alice@example.org" in client.get("/accounts/").text
    settings.MAIL = None

    page = client.get("/accounts/").text

    assert f'href="{PASSWORD}"' in page
    assert EMAIL not in page
    assert client.get(EMAIL).status_code == 404


def test_another_password_signs_out_everywhere_else(client: Client) -> None:
    elsewhere = Client()
    sign_in(elsewhere)

    assert "signed out everywhere else" in client.post(PASSWORD, CHANGE, follow=True).text

    assert is_signed_in(client)
    assert "alice" in client.get("/").text
    assert "alice" not in elsewhere.get("/").text
    assert mail.outbox[0].to == ["alice@example.org"]
    assert mail.outbox[0].subject == "Your password was changed at testserver"


def test_an_open_page_is_not_enough_to_take_the_account(client: Client) -> None:
    assert "not your password" in client.post(PASSWORD, CHANGE | {"oldpassword": "wrong"}).text
    form = {"action_add": "", "email": "eve@example.org", "password": "wrong"}
    assert "not your password" in client.post(EMAIL, form).text
    client.post(EMAIL, {"action_remove": "", "email": "alice@example.org"})

    assert sign_in(Client())
    assert [address.email for address in EmailAddress.objects.all()] == ["alice@example.org"]
    assert mail.outbox == []


def test_guesses_at_it_are_counted_as_at_the_sign_in(client: Client, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    guesses = ["one", "two", "canary-password"]

    statuses = [client.post(PASSWORD, CHANGE | {"oldpassword": guess}).status_code for guess in guesses]

    assert statuses == [200, 429, 429]


def test_another_address_takes_the_place_once_it_is_confirmed(
    client: Client, alice: User, linked: Callable[[], str]
) -> None:
    form = {"action_add": "", "email": "new@example.org", "password": "canary-password"}
    client.post(EMAIL, form)
    assert "new@example.org is to be confirmed" in client.get(EMAIL).text
    assert "It is alice@example.org" in client.get(EMAIL).text
    assert mail.outbox[-1].to == ["new@example.org"]

    client.post(linked())

    alice.refresh_from_db()
    assert alice.email == "new@example.org"
    assert [address.email for address in EmailAddress.objects.all()] == ["new@example.org"]
    assert mail.outbox[-1].to == ["alice@example.org"]
    assert "from alice@example.org to new@example.org" in str(mail.outbox[-1].body)


def test_the_link_can_be_sent_again(client: Client) -> None:
    client.post(EMAIL, {"action_add": "", "email": "new@example.org", "password": "canary-password"})
    client.post(EMAIL, {"action_send": "", "email": "new@example.org"})

    assert [message.to for message in mail.outbox] == [["new@example.org"]] * 2


def test_an_address_of_somebody_else_is_not_told_from_another(client: Client) -> None:
    User.objects.create_user("bob", "bob@example.org")

    answers = [
        client.post(EMAIL, {"action_add": "", "email": f"{name}@example.org", "password": "canary-password"})
        for name in ("bob", "new")
    ]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, EMAIL)}
