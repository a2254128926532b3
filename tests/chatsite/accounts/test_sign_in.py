"""Signing in is offered to those who can, and not for ever to those who guess."""

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
def test_the_admin_has_no_sign_in_page_of_its_own(client: Client, pages: Settings) -> None:
    User.objects.create_superuser("root", password="canary-password")
    form = {"username": "root", "password": "canary-password", "next": "/admin/auth/user/"}

    assert client.get("/admin/auth/user/", follow=True).redirect_chain[-1] == (
        "/accounts/login/?next=/admin/auth/user/",
        302,
    )
    assert client.post("/admin/login/", form)["Location"] == "/accounts/login/?next=/admin/"
    assert client.get("/admin/").status_code == 302

    assert client.post("/accounts/login/", form)["Location"] == "/admin/auth/user/"
    assert client.get("/admin/auth/user/").status_code == 200


@pytest.mark.django_db
def test_who_is_no_staff_is_not_led_in_a_circle(client: Client, pages: Settings) -> None:
    client.force_login(User.objects.create_user("alice"))

    assert client.get("/admin/", follow=True).status_code == 403
