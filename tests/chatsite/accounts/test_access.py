"""Every address declares who may use it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from chatsite.accounts.decorators import for_everybody, for_visitors
from chatsite.accounts.visitor import VisitorRequest

STAFF = "admin"
"""The namespace whose views Django's admin guards, each by `AdminSite.admin_view`."""


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    """All addresses but the admin's."""
    for found in resolver.url_patterns:
        if isinstance(found, URLPattern):
            yield found
        elif found.namespace != STAFF:
            yield from patterns(found)


def declared(view: object) -> str | None:
    return getattr(view, "access", None)


@pytest.mark.parametrize("pattern", list(patterns(get_resolver())), ids=lambda pattern: str(pattern.name))
def test_every_view_declares_who_may_use_it(pattern: URLPattern) -> None:
    assert declared(pattern.callback) in {"everybody", "members", "visitors"}


def test_a_view_that_forgets_is_found() -> None:
    def forgetful(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert declared(forgetful) is None
    assert declared(for_everybody(forgetful)) == "everybody"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_view_for_visitors_runs_for_a_guest_where_none_may_be(method: str, settings: object) -> None:
    settings.CHAT_ALLOW_GUESTS = False  # type: ignore[attr-defined]

    @for_visitors
    def view(request: VisitorRequest) -> HttpResponse:
        pytest.fail("the view has run")

    request = RequestFactory().generic(method, "/c/?page=2", headers={"Accept": "application/json"})
    request.user = AnonymousUser()
    answer = view(request)

    assert answer.status_code == (302 if method == "GET" else 403)
