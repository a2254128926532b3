"""What an OpenID Connect provider says of somebody, over HTTP, and what of it is believed."""

import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.chatsite.accounts.signing_on import BEGIN, DONE, go, way_back
from tests.identity_provider import ANOTHER_KEY, Claims, IdentityProvider

pytestmark = pytest.mark.django_db


def test_an_address_may_come_from_its_other_page(client: Client, provider: IdentityProvider) -> None:
    del provider.person["email"]
    provider.userinfo = {"sub": "4711", "email": "alice@example.org", "email_verified": True}

    go(client)

    assert User.objects.get().email == "alice@example.org"


def test_another_persons_page_is_not_believed(client: Client, provider: IdentityProvider) -> None:
    del provider.person["email"]
    provider.userinfo = {"sub": "1", "email": "root@example.org", "email_verified": True}

    assert go(client).status_code == 502


EDITS: dict[str, Callable[[Claims], Claims]] = {
    "nonce": lambda claims: claims | {"nonce": "another"},
    "no nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "audience": lambda claims: claims | {"aud": "another"},
    "issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "over": lambda claims: claims | {"exp": time.time() - 3_600},
    "endless": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "for another party": lambda claims: claims | {"azp": "another"},
    "nobody": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_identity_that_is_not_as_it_has_to_be_signs_nobody_in(
    client: Client, provider: IdentityProvider, edit: Callable[[Claims], Claims]
) -> None:
    provider.edit = edit

    assert go(client).status_code == 502
    assert not User.objects.exists()


def test_an_identity_signed_by_another_key_signs_nobody_in(
    client: Client, provider: IdentityProvider
) -> None:
    provider.key = ANOTHER_KEY

    assert go(client).status_code == 502
    assert not User.objects.exists()


def test_an_identity_signed_by_a_secret_signs_nobody_in(client: Client, provider: IdentityProvider) -> None:
    provider.algorithm = "HS256"

    assert go(client).status_code == 502


def test_a_state_that_is_not_ones_own_signs_nobody_in(client: Client, provider: IdentityProvider) -> None:
    back = way_back(Client())

    for address in (back, f"{DONE}?code=code-0&state=made-up", f"{DONE}?code=code-0", DONE):
        assert client.get(address).status_code == 502
    assert "/token" not in provider.requests


def test_an_answer_is_taken_once(client: Client, provider: IdentityProvider) -> None:
    address = way_back(client)
    assert client.get(address).status_code == 302
    client.post("/accounts/logout/")

    assert client.get(address).status_code == 502


def test_who_does_not_allow_it_is_told_so(client: Client, provider: IdentityProvider) -> None:
    provider.denies = True

    answer = go(client)

    assert answer.status_code == 403
    assert "did not allow it" in answer.text


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("answer", [(500, b"canary"), (200, b"no json"), (200, b"[]"), (200, b"{}")])
def test_an_answer_that_is_nothing_like_it_is_a_page(
    client: Client, provider: IdentityProvider, path: str, answer: tuple[int, bytes]
) -> None:
    back = way_back(client)
    provider.answers[path] = answer

    page = client.get(back)

    assert page.status_code == 502
    assert "canary" not in page.text
    assert "Our company could not sign you in" in page.text


def test_a_provider_that_is_not_there_is_a_page(client: Client, provider: IdentityProvider) -> None:
    provider.__exit__()

    assert client.post(BEGIN).status_code == 502


def test_the_log_has_no_secret(
    client: Client, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers["/token"] = (400, b'{"error": "canary"}')

    go(client)

    assert "canary" not in caplog.text
    assert f"signing in by {provider.issuer} failed: OAuth2Error" in caplog.messages
