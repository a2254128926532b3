"""How a guest becomes known, and keeps the key that they are known by."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http.response import HttpResponseBase
from django.utils import timezone

from chatsite.accounts import limits
from chatsite.accounts.models import Guest, new_key
from chatsite.accounts.visitor import Visitor, VisitorRequest, guest_of

_SEEN = "seen"


def known_visitor_of(request: VisitorRequest) -> Visitor:
    """The same, for somebody who is about to own something: a guest is taken note of, by the key that their
    first page has brought. So a form that is sent twice makes one person.
    """
    if request.visitor.user is None:
        request.visitor = Visitor(guest=_known_guest(request).pk)
    else:
        _renew(request.session)
    return request.visitor


def _known_guest(request: VisitorRequest) -> Guest:
    given = request.COOKIES.get(settings.GUEST_COOKIE_NAME, "")
    key = vars(request).get("guest_key") or given
    guest = guest_of(request)
    if guest is None:
        limits.take_for_address(request, "guests")
        guest = Guest.objects.with_key(key) if key else None
    if guest is None:  # no key, or that of a session which is over
        guest = Guest.objects.make(key := new_key())
    if guest.renew() or key != given:
        vars(request)["guest_key"] = key
    return guest


def hand_out_key(request: VisitorRequest, response: HttpResponseBase) -> None:
    """Give a guest a key with their first page, or the same one again for another two weeks."""
    is_new = request.visitor == Visitor() and settings.GUEST_COOKIE_NAME not in request.COOKIES
    key = vars(request).get("guest_key") or (new_key() if is_new else "")
    if key:
        response.set_cookie(
            settings.GUEST_COOKIE_NAME,
            key,
            max_age=settings.SESSION_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _renew(session: SessionBase) -> None:
    """A session ends two weeks after it was last written (SESSION_COOKIE_AGE). Once a day keeps it for
    somebody who goes on using it."""
    today = timezone.now().date().isoformat()
    if session.get(_SEEN) != today:
        session[_SEEN] = today
