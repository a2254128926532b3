"""Who is asking: somebody who signed in, or a guest, who is known by the session."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

_SESSION_KEY = "guest"
_SEEN = "seen"


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
    return Visitor(guest=request.session.get(_SESSION_KEY, ""))


def can_sign_in(visitor: Visitor) -> bool:
    """Whether there is an account that the visitor may have: a site can do without any."""
    return visitor.user is None and User.objects.filter(is_active=True).exists()


def known_visitor_of(request: VisitorRequest, *, key: UUID | None = None) -> Visitor:
    """The same, for somebody who is about to own something: a guest gets an id, kept in the session.

    `key` is that of a request which may come again, before the answer has brought the session's cookie:
    a double click must not make two people. Then the id follows from the key and the browser's CSRF
    cookie, which both are nobody else's.
    """
    if request.visitor.user is None and not request.visitor.guest:
        request.visitor = Visitor(guest=_guest_id(request, key))
        request.session[_SESSION_KEY] = request.visitor.guest
    _renew(request.session)
    return request.visitor


def _renew(session: SessionBase) -> None:
    """A session ends two weeks after it was last written (SESSION_COOKIE_AGE), and with it all that a guest
    has. Once a day keeps it for who goes on using it."""
    today = timezone.now().date().isoformat()
    if session.get(_SEEN) != today:
        session[_SEEN] = today


def _guest_id(request: HttpRequest, key: UUID | None) -> str:
    browser = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
    if key is None or not browser:
        return uuid4().hex
    return salted_hmac("chatsite.guest", f"{key} {browser}", algorithm="sha256").hexdigest()[:32]


def one_at_a_time(visitor: Visitor) -> None:
    """Until the transaction ends, no other one that has asked for it goes on for the same person. SQLite
    has only one writer anyway."""
    if connection.vendor == "postgresql":
        name = f"user {visitor.user.pk}" if visitor.user else f"guest {visitor.guest}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
