"""Who is asking, and for how long."""

from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import cast

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from django.utils import timezone

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.models import KEYLESS, Guest
from chatsite.accounts.visitor import VisitorRequest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _guests_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "CHAT_ALLOW_GUESTS", True)


@for_visitors
def look(request: VisitorRequest) -> HttpResponse:
    return HttpResponse(request.visitor.guest)


@for_visitors
def send(request: VisitorRequest) -> HttpResponse:
    return HttpResponse(known_visitor_of(request).guest)


class Browser:
    """Cookies, and requests that carry them."""

    def __init__(self, *, user: User | None = None) -> None:
        self.user: User | AnonymousUser = user or AnonymousUser()
        self.session = SessionStore()
        self.cookies: SimpleCookie = SimpleCookie()

    def ask(self, view: Callable[[HttpRequest], HttpResponseBase]) -> str:
        request = RequestFactory().post("/")
        request.COOKIES = {name: morsel.value for name, morsel in self.cookies.items()}
        request.user, request.session = self.user, self.session
        self.session.modified = False
        response = cast("HttpResponse", view(request))
        self.given = response.cookies
        self.cookies.update(response.cookies)
        return response.content.decode()


def test_a_guest_has_a_key_from_the_first_page_on() -> None:
    browser = Browser()
    assert browser.ask(look) == ""
    key = browser.cookies["guest"]

    guest = browser.ask(send)

    assert (key["httponly"], key["samesite"], key["path"]) == (True, "Lax", "/")
    assert len(key.value) >= 43
    assert browser.ask(look) == guest
    assert key.value not in Guest.objects.get(pk=guest).key_hash


def test_a_form_that_is_sent_twice_makes_one_guest() -> None:
    browser = Browser()
    browser.ask(look)

    assert browser.ask(send) == browser.ask(send)
    assert Guest.objects.count() == 1


def test_a_guest_who_goes_on_sending_keeps_the_key() -> None:
    browser = Browser()
    browser.ask(look)
    browser.ask(send)
    assert "guest" not in browser.given

    Guest.objects.update(seen=timezone.now() - timedelta(days=1))
    browser.ask(send)

    assert browser.given["guest"]["max-age"] == django_settings.SESSION_COOKIE_AGE
    assert Guest.objects.get().seen.date() == timezone.now().date()


@pytest.mark.parametrize("values", [{"seen": timedelta(days=15)}, {"ended": timedelta()}])
def test_a_key_whose_session_is_over_opens_nothing(values: dict[str, timedelta]) -> None:
    browser = Browser()
    browser.ask(look)
    guest = browser.ask(send)
    Guest.objects.update(**{name: timezone.now() - ago for name, ago in values.items()})

    assert browser.ask(look) == ""
    assert browser.ask(send) not in {"", guest}
    assert browser.given["guest"].value


def test_a_guest_of_a_session_gets_a_key_once() -> None:
    Guest.objects.create(pk="f" * 32, key_hash=KEYLESS + "f" * 32)
    browser, thief = Browser(), Browser()
    browser.session["guest"] = thief.session["guest"] = "f" * 32

    assert browser.ask(look) == "f" * 32
    assert thief.ask(look) == ""
    assert browser.ask(look) == "f" * 32


def test_somebody_who_goes_on_sending_stays_signed_in() -> None:
    browser = Browser(user=User.objects.create_user("alice"))

    def is_renewed() -> bool:
        browser.ask(send)
        return browser.session.modified

    assert is_renewed()
    assert not is_renewed()
    browser.session["seen"] = (timezone.now() - timedelta(days=1)).date().isoformat()
    assert is_renewed()
