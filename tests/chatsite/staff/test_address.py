"""Where the admin is, or that there is none."""

import runpy
from types import ModuleType

import pytest
from django.test import Client
from pytest_django import Settings

from chatsite import checks, urls

pytestmark = pytest.mark.django_db


def admin_is_at(settings: Settings, address: str) -> None:
    """The site's addresses with the admin elsewhere."""
    settings.ADMIN_URL = address
    elsewhere = ModuleType("urls")
    vars(elsewhere).update(runpy.run_path(str(urls.__file__)))
    settings.ROOT_URLCONF = elsewhere


def test_it_is_where_the_setting_says(root: Client, settings: Settings) -> None:
    admin_is_at(settings, "back/office/")

    assert root.get("/back/office/auth/user/").status_code == 200
    assert root.get("/admin/").status_code == 404
    answer = Client().get("/back/office/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/back/office/"


def test_off_there_is_none(root: Client, settings: Settings) -> None:
    admin_is_at(settings, "")

    assert root.get("/admin/").status_code == 404
    assert root.get("/admin/login/").status_code == 404
    assert root.get("/accounts/").status_code == 200


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", []),
        ("back/", []),
        ("accounts/x/", ["chatsite.E005"]),
        ("static/", ["chatsite.E005"]),
        ("c/", ["chatsite.E005"]),
    ],
)
def test_it_takes_no_other_pages_address(settings: Settings, address: str, found: list[str]) -> None:
    admin_is_at(settings, address)

    assert [message.id for message in checks.admin_is_in_nobodys_place()] == found
