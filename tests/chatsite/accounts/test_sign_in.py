"""Signing in is offered to those who can, and not for ever to those who guess."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.chatsite.accounts.people import create_account
from tests.site import SiteStarter


def test_a_site_without_accounts_offers_no_way_to_sign_in(start_site: SiteStarter) -> None:
    site = start_site()
    visitor = site.visitor()
    assert "Sign in" not in visitor.get("/").text

    create_account(site, "alice")
    assert "Sign in" in visitor.get("/").text

    visitor.get("/accounts/login/")
    visitor.post("/accounts/login/", {"username": "alice", "password": "canary-password"})
    page = visitor.get("/").text
    assert "Sign in" not in page
    assert "Sign out" in page
    assert "alice" in page


@pytest.mark.django_db
def test_a_guesser_is_locked_out_of_the_admin_too(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    User.objects.create_superuser("root", password="canary-password")

    def sign_in(password: str) -> int:
        return client.post("/admin/login/", {"username": "root", "password": password}).status_code

    assert [sign_in(password) for password in ("one", "two", "canary-password")] == [200, 429, 429]
