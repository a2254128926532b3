"""A code from an app, after the password."""

import base64
import hmac
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chatsite.accounts.belongings import export
from chatsite.accounts.models import Guest, new_key
from chatsite.chat.models import Conversation
from tests.chatsite.accounts.conftest import PASSWORD, is_signed_in, sign_in
from tests.server import run_python

pytestmark = pytest.mark.django_db

PAGES = "/accounts/second-factor/"


@pytest.fixture(autouse=True)
def alice(pages: Settings, client: Client) -> User:
    """She is signed in."""
    alice = User.objects.create_user("alice", password=PASSWORD)
    sign_in(client)
    return alice


def code_of(key: str, *, later: int = 0) -> str:
    """What an app shows for the key, as RFC 6238 has it; or so many half minutes later."""
    counter = int(time.time() / 30 + later).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(key), counter, "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def confirm(client: Client, page: str) -> str:
    """Open a page that asks for the password first; its address is that of the question."""
    question = client.get(page)
    client.post(question["Location"], {"password": PASSWORD, "next": page})
    return question["Location"].partition("?")[0]


def key_of(client: Client) -> str:
    """The key that an app would be given."""
    assert confirm(client, f"{PAGES}on/") == f"{PAGES}password/"
    (key,) = re.findall(r'<code class="key">(\w+)</code>', client.get(f"{PAGES}on/").text)
    return str(key)


def codes_for(client: Client, key: str) -> list[str]:
    """Turn it on by the key; the recovery codes."""
    page = client.post(f"{PAGES}on/", {"code": code_of(key)}, follow=True).text
    return re.findall(r"<li><code>(\d{8})</code></li>", page)


def turn_on(client: Client) -> tuple[str, list[str]]:
    """The key, and the recovery codes."""
    key = key_of(client)
    return key, codes_for(client, key)


def after_the_password(client: Client, code: str) -> Client:
    """Somebody who has given the password, and then the code."""
    assert not sign_in(client)
    client.post(f"{PAGES}code/", {"code": code})
    return client


def test_it_is_turned_on_by_a_code_and_gives_ten_others_once(client: Client) -> None:
    assert client.get(f"{PAGES}on/")["Location"].startswith(f"{PAGES}password/?next=")
    key_of(client)
    page = client.post(f"{PAGES}on/", {"code": "abc"}).text
    assert "Incorrect code" in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert not Authenticator.objects.exists()

    (key,) = re.findall(r'<code class="key">(\w+)</code>', page)
    codes = codes_for(client, key)

    assert len(set(codes)) == 10
    assert "shown once" in client.get(f"{PAGES}recovery/").text
    assert "10 recovery codes are left" in client.get(PAGES).text


def test_signing_in_needs_the_code_then(client: Client) -> None:
    key, _ = turn_on(client)
    browser = Client()
    form = {"username": "alice", "password": PASSWORD, "next": "/c/"}

    assert browser.post("/accounts/login/", form)["Location"] == f"{PAGES}code/"

    assert not is_signed_in(browser)
    assert "Incorrect code" in browser.post(f"{PAGES}code/", {"code": "000000x"}).text
    answer = browser.post(f"{PAGES}code/", {"code": code_of(key, later=1)})
    assert (answer["Location"], is_signed_in(browser)) == ("/c/", True)


def test_without_the_password_there_is_no_question_for_a_code(client: Client) -> None:
    turn_on(client)
    assert Client().get(f"{PAGES}code/")["Location"] == "/accounts/login/"


def test_a_guest_who_has_given_the_password_only_is_still_a_guest(client: Client, alice: User) -> None:
    key, _ = turn_on(client)
    browser = Client()
    browser.cookies[django_settings.GUEST_COOKIE_NAME] = guest_key = new_key()
    guest = Guest.objects.make(guest_key)
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest=guest.pk)

    sign_in(browser)
    conversation.refresh_from_db()
    assert conversation.user is None
    assert browser.get("/").status_code == 200

    browser.post(f"{PAGES}code/", {"code": code_of(key, later=1)})
    conversation.refresh_from_db()
    assert conversation.user == alice


def test_a_code_is_taken_once(client: Client) -> None:
    key, _ = turn_on(client)
    code = code_of(key, later=1)

    assert is_signed_in(after_the_password(Client(), code))
    assert not is_signed_in(after_the_password(Client(), f"{code[:3]} {code[3:]}"))


def test_a_recovery_code_is_taken_once(client: Client) -> None:
    _, codes = turn_on(client)

    assert is_signed_in(after_the_password(Client(), codes[0]))
    assert not is_signed_in(after_the_password(Client(), codes[0]))
    assert "9 recovery codes are left" in client.get(PAGES).text


def test_wrong_codes_are_counted(client: Client, settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"codes": 3}
    _, codes = turn_on(client)

    browser = after_the_password(Client(), "1")
    assert is_signed_in(after_the_password(Client(), codes[0]))  # which forgets them
    for guess in "123":
        browser.post(f"{PAGES}code/", {"code": guess})

    assert "Try again in" in browser.post(f"{PAGES}code/", {"code": codes[1]}).text
    assert not is_signed_in(browser)


def test_turning_it_off_asks_who_it_is(client: Client) -> None:
    _, codes = turn_on(client)
    elsewhere = after_the_password(Client(), codes[0])
    assert elsewhere.post(f"{PAGES}off/")["Location"].startswith(f"{PAGES}password/")
    assert Authenticator.objects.exists()

    confirm(elsewhere, f"{PAGES}off/")
    elsewhere.post(f"{PAGES}off/")

    assert not Authenticator.objects.exists()
    assert sign_in(Client())


def test_a_code_serves_in_the_place_of_the_password(client: Client) -> None:
    _, codes = turn_on(client)
    elsewhere = after_the_password(Client(), codes[0])

    page = elsewhere.get(f"{PAGES}password/", {"next": f"{PAGES}off/"}).text
    assert f'href="{PAGES}again/?next=' in page
    elsewhere.post(f"{PAGES}again/", {"code": codes[1], "next": f"{PAGES}off/"})

    assert elsewhere.get(f"{PAGES}off/").status_code == 200


def test_the_database_alone_makes_no_codes(client: Client) -> None:
    key, _ = turn_on(client)
    assert key not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_the_keys_are_deleted_with_the_account_and_not_exported(client: Client, alice: User) -> None:
    turn_on(client)

    assert "mfa.authenticator" not in {row["model"] for row in export(alice)}
    alice.delete()
    assert not Authenticator.objects.exists()


def test_it_is_loaded_by_those_who_use_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    look = (
        "import sys, django; django.setup(); import chatsite.accounts.urls;"
        "print([name for name in ('fido2', 'qrcode', 'allauth.mfa.base.views') if name in sys.modules])"
    )
    assert run_python(tmp_path_factory.mktemp("data"), "-c", look).strip() == "[]"
