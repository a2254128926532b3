"""What is refused before anything else is done."""

from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from chatsite.accounts.middleware import FORWARDED, NoDebugBehindProxy


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
