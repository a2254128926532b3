"""The pages of accounts without a server, with mail and without."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from chatsite.config.mail import MailServer
from chatsite.config.oidc import SignOnProvider
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

LINK = re.compile(r"^http://testserver(/\S+)$", re.MULTILINE)


@pytest.fixture
def pages(settings: Settings, tmp_path: Path) -> Settings:
    """Guests are let in, everybody may make an account, and passwords cost next to nothing."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.CHAT_ALLOW_GUESTS = True
    settings.SIGN_UP = "OPEN"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return settings


@pytest.fixture
def with_mail(pages: Settings) -> Settings:
    """Mail can be sent: into django.core.mail.outbox."""
    pages.MAIL = MailServer(host="127.0.0.1", port=25, sender="chat@example.org")
    pages.DEFAULT_FROM_EMAIL = "chat@example.org"
    pages.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
    pages.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    pages.ACCOUNT_EMAIL_NOTIFICATIONS = True
    return pages


@pytest.fixture
def linked() -> Callable[[], str]:
    """The link in the last mail that was sent."""

    def find() -> str:
        (path,) = LINK.findall(str(mail.outbox[-1].body))
        return str(path)

    return find


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


PASSWORD = "canary-password"


def sign_in(client: Client, password: str = PASSWORD) -> bool:
    client.post("/accounts/login/", {"username": "alice", "password": password})
    return is_signed_in(client)


def sign_up_form(**fields: Any) -> dict[str, Any]:
    return {"username": "alice", "password1": PASSWORD, "password2": PASSWORD} | fields


@pytest.fixture
def provider(pages: Settings) -> Iterator[IdentityProvider]:
    with IdentityProvider() as provider:
        pages.OIDC = SignOnProvider(provider.issuer, CLIENT_ID, CLIENT_SECRET, "Our company", "OPEN")
        yield provider
