"""Who is asking: somebody who signed in, or a guest, who is known by the session."""

from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

_SESSION_KEY = "guest"


class SignInRequired(Exception):
    """Guests may not do this here."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person, for the question of what is whose. A guest who has sent nothing yet has no `guest` id."""

    user: User | None = None
    guest: str = ""


def visitor_of(request: HttpRequest) -> Visitor:
    """Who is asking. Raises `SignInRequired` for a guest where guests are not allowed."""
    if request.user.is_authenticated:
        return Visitor(user=request.user)
    if not settings.CHAT_ALLOW_GUESTS:
        raise SignInRequired
    return Visitor(guest=request.session.get(_SESSION_KEY, ""))


def known_visitor_of(request: HttpRequest) -> Visitor:
    """The same, for somebody who is about to own something: a guest gets an id, kept in the session."""
    visitor = visitor_of(request)
    if visitor.user is None and not visitor.guest:
        visitor = Visitor(guest=uuid4().hex)
        request.session[_SESSION_KEY] = visitor.guest
    return visitor
