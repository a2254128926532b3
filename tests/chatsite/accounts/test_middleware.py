"""What is refused before anything else is done."""

from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from pytest_django import Settings

from chatsite.accounts import passwords, urls
from chatsite.accounts.middleware import FORWARDED, NoDebugBehindProxy
from tests.chatsite.accounts.test_access import patterns


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


@pytest.mark.parametrize("header", FORWARDED)
def test_debug_pages_are_not_handed_on_by_a_proxy(settings: Settings, header: str) -> None:
    settings.DEBUG = True
    ask: Any = NoDebugBehindProxy(page)
    assert ask(RequestFactory().get("/")).status_code == 200
    assert ask(RequestFactory().get("/", headers={header: "203.0.113.5"})).status_code == 403


def test_without_debug_nothing_is_looked_at(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(MiddlewareNotUsed):
        NoDebugBehindProxy(page)


ARGUMENTS: dict[str, dict[str, str]] = {
    "account_confirm_email": {"key": "x"},
    "end_session": {"pk": "1"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted({str(found.name) for found in patterns(get_resolver(urls.__name__))}))
def test_every_form_of_an_account_takes_a_place(
    client: Client, pages: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(passwords, "EACH", 0)

    status = client.post(reverse(name, kwargs=ARGUMENTS.get(name))).status_code

    assert status == (302 if name == "logout" else 429)
