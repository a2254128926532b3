"""Who is asking: somebody who signed in, or a guest, who is known by a key in a cookie of its own."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest

from chatsite.accounts.models import Guest, new_key

_OLD_GUEST = "guest"


class SignInRequired(Exception):
    """Guests may not do this here."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person, for the question of what is whose. A guest who has sent nothing yet has no `guest` id."""

    user: User | None = None
    guest: str = ""


class VisitorRequest(HttpRequest):
    """A request that `for_visitors` has let through."""

    visitor: Visitor

    @classmethod
    def of(cls, request: HttpRequest, visitor: Visitor) -> "VisitorRequest":
        """The same request, with its visitor."""
        known = cast("VisitorRequest", request)
        known.visitor = visitor
        return known


def visitor_of(request: HttpRequest) -> Visitor:
    """Who is asking. Raises `SignInRequired` for a guest where guests are not allowed."""
    if request.user.is_authenticated:
        return Visitor(user=request.user)
    if not settings.CHAT_ALLOW_GUESTS:
        raise SignInRequired
    guest = guest_of(request)
    return Visitor(guest=guest.pk if guest else "")


def guest_of(request: HttpRequest) -> Guest | None:
    """The guest whose key the request has, looked up once a request."""
    known = vars(request)
    if "guest" not in known:
        found = Guest.objects.of_key(request.COOKIES.get(settings.GUEST_COOKIE_NAME, ""))
        known["guest"] = found or _guest_of_session(request)
    guest: Guest | None = known["guest"]
    return guest


def _guest_of_session(request: HttpRequest) -> Guest | None:
    """The guest whom the session knows, from a time before there were keys: they get one with the answer."""
    if not (guest_id := request.session.pop(_OLD_GUEST, "")):
        return None
    vars(request)["guest_key"] = key = new_key()
    return Guest.objects.give_key(guest_id, key)


def can_sign_in(visitor: Visitor) -> bool:
    """Whether there is an account that the visitor may have, or make: a site can do without any."""
    if visitor.user is not None:
        return False
    return settings.SIGN_UP == "OPEN" or User.objects.filter(is_active=True).exists()


def is_signed_in(request: HttpRequest, user: User) -> bool:
    """Whether the request's session is still the user's: they have not signed out or been sent away since."""
    now = HttpRequest()
    now.session = type(request.session)(request.session.session_key)
    return get_user(now) == user


def is_session_over(request: HttpRequest) -> bool:
    """Whether the request has the key of a session that has ended. A page says so once: with it Django's
    SessionMiddleware takes the key from the browser."""
    return bool(request.COOKIES.get(settings.SESSION_COOKIE_NAME)) and request.session.is_empty()


def one_at_a_time(visitor: Visitor) -> None:
    """Until the transaction ends, no other one that has asked for it goes on for the same person. SQLite
    has only one writer anyway."""
    if connection.vendor == "postgresql":
        name = f"user {visitor.user.pk}" if visitor.user else f"guest {visitor.guest}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
