"""A password that somebody has forgotten."""

import logging
import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.chatsite.accounts.conftest import is_signed_in, sign_in
from tests.server import free_port

pytestmark = pytest.mark.django_db

RESET = "/accounts/password/reset/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
"""Of a form: each page has another one."""
NEW = {"password1": "another canary", "password2": "another canary"}


@pytest.fixture(autouse=True)
def alice(with_mail: Settings) -> User:
    """Made by an operator."""
    return User.objects.create_user("alice", "alice@example.org", "canary-password")


def test_the_link_in_the_mail_sets_a_new_password_once(client: Client, linked: Callable[[], str]) -> None:
    open_page = Client()
    sign_in(open_page)

    assert client.post(RESET, {"email": "ALICE@example.org"})["Location"] == f"{RESET}sent/"
    form = client.get(link := linked(), follow=True)
    assert "set-password" in form.wsgi_request.path  # so that no page's address has the key
    answer = client.post(form.wsgi_request.path, NEW, follow=True)

    assert "The password is set" in answer.text
    assert not is_signed_in(client)
    assert "alice" not in open_page.get("/").text
    assert sign_in(client, "another canary")
    assert "too old" in Client().get(link, follow=True).text


def test_nobody_finds_out_who_has_an_account(client: Client) -> None:
    answers = [client.post(RESET, {"email": f"{name}@example.org"}, follow=True) for name in ("alice", "eve")]

    assert len({(answer.redirect_chain[0], TOKEN.sub("", answer.text)) for answer in answers}) == 1
    assert [message.to for message in mail.outbox] == [["alice@example.org"], ["eve@example.org"]]
    assert "There is no account" in str(mail.outbox[1].body)


def test_whose_password_was_taken_away_gets_none_by_mail(client: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()

    client.post(RESET, {"email": "alice@example.org"})

    assert "There is no account" in str(mail.outbox[0].body)


def test_one_mailbox_gets_a_few_mails_an_hour(client: Client, settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"mails": 2}

    statuses = [client.post(RESET, {"email": "alice@example.org"}).status_code for _ in range(3)]

    assert statuses == [302, 302, 429]
    assert client.post(RESET, {"email": "bob@example.org"}).status_code == 302
    assert len(mail.outbox) == 3


def test_where_no_mail_can_be_sent_that_is_said_and_the_log_has_no_address(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    caplog.set_level(logging.DEBUG)

    answer = client.post(RESET, {"email": "alice@example.org"})

    assert answer.status_code == 503
    assert "ConnectionRefusedError" in caplog.text
    assert "alice" not in caplog.text


def test_without_a_server_for_mail_there_is_no_such_page(client: Client, settings: Settings) -> None:
    assert "Forgotten" in client.get("/accounts/login/").text
    settings.MAIL = None

    assert client.get(RESET).status_code == 404
    assert client.post(RESET, {"email": "alice@example.org"}).status_code == 404
    assert "Forgotten" not in client.get("/accounts/login/").text
