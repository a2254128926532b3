"""Signing in by an OpenID Connect provider, over HTTP."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from chatsite.accounts.models import Guest, Invitation
from chatsite.chat.models import Conversation
from chatsite.config.oidc import SignOnProvider
from tests.chatsite.accounts.conftest import PASSWORD, is_signed_in, sign_in
from tests.chatsite.accounts.signing_on import BEGIN, CONNECT, DONE, go
from tests.chatsite.accounts.test_second_factor import codes_for, confirm
from tests.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db


def change(settings: Settings, **values: Any) -> None:
    vars_of = {name: getattr(settings.OIDC, name) for name in SignOnProvider.__dataclass_fields__}
    settings.OIDC = SignOnProvider(**(vars_of | values))


@pytest.mark.usefixtures("provider")
def test_somebody_signs_in_by_it(client: Client) -> None:
    assert "Sign in with Our company" in client.get("/accounts/login/").text

    assert go(client, next="/c/?page=2")["Location"] == "/c/?page=2"

    user = User.objects.get()
    assert (user.username, user.email, user.has_usable_password()) == ("alice", "alice@example.org", False)
    assert EmailAddress.objects.get().verified
    again = Client()
    go(again)
    assert is_signed_in(again)
    assert User.objects.count() == 1


def test_what_is_kept_is_little_and_no_token(client: Client, provider: IdentityProvider) -> None:
    provider.person |= {"phone_number": "canary-number"}

    go(client)

    account = SocialAccount.objects.get()
    assert account.uid == "4711"
    assert account.provider == provider.issuer
    assert "canary" not in str(account.extra_data)


@pytest.mark.usefixtures("provider")
def test_it_leads_to_no_other_site(client: Client) -> None:
    assert go(client, next="https://evil.example/")["Location"] == "/"


def test_what_a_guest_has_is_in_the_account_then(client: Client, provider: IdentityProvider) -> None:
    guest = Guest.objects.make("a-key")
    client.cookies["guest"] = "a-key"
    talk = Conversation.objects.create(guest=guest.pk, title="x", assistant="chat")

    go(client)

    assert Conversation.objects.get(pk=talk.pk).user == User.objects.get()


def test_a_name_that_is_taken_becomes_another(client: Client, provider: IdentityProvider) -> None:
    User.objects.create_user("alice", "other@example.org")

    go(client)

    names = set(User.objects.values_list("username", flat=True))
    assert len(names) == 2
    assert is_signed_in(client)


# Who gets in


def test_where_it_makes_no_accounts_it_says_so(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    change(settings, sign_up="OFF")

    answer = go(client)

    assert answer.status_code == 403
    assert "no account for you" in answer.text
    assert not User.objects.exists()


def test_an_invitation_goes_there_and_back(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    change(settings, sign_up="INVITATION")
    settings.SIGN_UP = "INVITATION"
    invitation = Invitation(ends="2100-01-01T00:00Z")
    key = invitation.give_key()
    invitation.save()
    assert go(client).status_code == 403
    assert f'value="{key}"' in client.get(f"/accounts/signup/?invitation={key}").text.partition("sign-on")[2]

    go(client, invitation=key)

    assert is_signed_in(client)
    assert Invitation.objects.get().user == User.objects.get()
    provider.person |= {"sub": "2", "email": "b@example.org", "preferred_username": "bob"}
    assert go(Client(), invitation=key).status_code == 403


@pytest.mark.parametrize(
    ("address", "is_verified", "status"),
    [("a@EXAMPLE.org", True, 302), ("a@example.org", False, 403), ("a@evil.example", True, 403)],
)
def test_only_some_domains_are_let_in(
    client: Client,
    provider: IdentityProvider,
    settings: Settings,
    address: str,
    is_verified: bool,
    status: int,
) -> None:
    change(settings, domains=frozenset({"example.org"}))
    provider.person |= {"email": address, "email_verified": is_verified}

    assert go(client).status_code == status


def test_who_has_left_the_domain_is_not_let_in_again(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    change(settings, domains=frozenset({"example.org"}))
    go(client)
    provider.person |= {"email": "alice@elsewhere.example"}

    assert go(Client()).status_code == 403


def test_an_address_that_is_not_confirmed_is_nobodys(client: Client, provider: IdentityProvider) -> None:
    User.objects.create_user("bob", "alice@example.org", PASSWORD)
    provider.person |= {"email_verified": False}

    go(client)

    made = User.objects.get(username="alice")
    assert made.email == ""
    assert not EmailAddress.objects.exists()


def test_an_account_is_not_found_by_its_address(client: Client, provider: IdentityProvider) -> None:
    User.objects.create_user("bob", "Alice@example.org", PASSWORD)

    answer = go(client)

    assert answer.status_code == 403
    assert "connect the two" in answer.text
    assert not is_signed_in(client)
    assert User.objects.count() == 1


def test_an_account_is_connected_by_whoever_has_it(client: Client, provider: IdentityProvider) -> None:
    alice = User.objects.create_user("alice", "alice@example.org", PASSWORD)
    sign_in(client)
    assert CONNECT in client.get("/accounts/").text

    confirm(client, CONNECT)
    assert "Connect Our company" in client.get(CONNECT).text
    assert go(client, CONNECT)["Location"] == "/accounts/"

    assert "signs you in to this account" in client.get("/accounts/").text
    elsewhere = Client()
    go(elsewhere)
    assert elsewhere.session["_auth_user_id"] == str(alice.pk)


def test_connecting_needs_the_password_again_after_a_while(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    sign_in(client)
    confirm(client, CONNECT)
    assert client.get(CONNECT).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0

    assert client.post(CONNECT)["Location"].startswith("/accounts/second-factor/password/")
    assert provider.requests == []


def test_what_is_connected_to_somebody_else_stays_theirs(client: Client, provider: IdentityProvider) -> None:
    go(Client())
    User.objects.create_user("bob", password=PASSWORD)
    client.post("/accounts/login/", {"username": "bob", "password": PASSWORD})
    confirm(client, CONNECT)

    go(client, CONNECT)

    assert "connected to another account" in client.get("/accounts/").text
    assert SocialAccount.objects.get().user.username == "alice"


def test_the_mailbox_is_told_of_another_way_in(
    client: Client, provider: IdentityProvider, with_mail: Settings
) -> None:
    User.objects.create_user("alice", "alice@example.org", PASSWORD)
    sign_in(client)
    confirm(client, CONNECT)

    go(client, CONNECT)

    assert "Another way to sign in" in mail.outbox[0].subject


def test_the_second_factor_is_asked_for(client: Client, provider: IdentityProvider) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    sign_in(client)
    confirm(client, CONNECT)
    go(client, CONNECT)
    (key,) = re.findall(r'<code class="key">(\w+)</code>', client.get("/accounts/second-factor/on/").text)
    codes_for(client, key)
    elsewhere = Client()

    assert go(elsewhere)["Location"] == "/accounts/second-factor/code/"

    assert not is_signed_in(elsewhere)


def test_who_is_deactivated_is_not_let_in(client: Client, provider: IdentityProvider) -> None:
    go(client)
    User.objects.update(is_active=False)
    elsewhere = Client()

    go(elsewhere)

    assert not is_signed_in(elsewhere)


def test_without_a_password_the_pages_that_ask_for_it_are_not_there(
    client: Client, provider: IdentityProvider
) -> None:
    go(client)
    elsewhere = Client()
    go(elsewhere)

    page = client.get("/accounts/").text
    assert "/accounts/password/" not in page
    assert client.get("/accounts/password/").status_code == 404
    assert client.post("/accounts/sessions/").status_code == 303
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    assert "second-factor" not in page
    assert "This needs a password" in client.get("/accounts/second-factor/on/").text


# Where there is none


@pytest.mark.usefixtures("pages")
def test_where_there_is_none_there_are_no_pages(client: Client) -> None:
    assert "sign-on" not in client.get("/accounts/login/").text
    assert client.post(BEGIN).status_code == client.get(DONE).status_code == 404


@pytest.mark.usefixtures("provider")
def test_it_is_no_link(client: Client) -> None:
    assert client.get(BEGIN).status_code == 405
