"""Where somebody is signed in: their sessions, with the browser of each, and ending them.

The rows are allauth's (`allauth.usersessions`); when they are written is ours: allauth would look at every
session of an account whenever one more begins, and write at each request. A session itself is a row of
Django's, which every process asks for: once it is deleted, nobody is signed in by it on any machine.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin

MOST = 100
"""Sessions of one account: beyond it the oldest are ended."""
SEEN_EVERY = 300.0
"""Seconds for which a process does not write again that a session was seen."""
_REMEMBERED = 10_000
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there
"""Stands for none: behind a socket in the file system there is none to be known."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""What stands in the name that a browser gives itself, the more telling first: most claim to be others."""


@dataclass(frozen=True, slots=True)
class Device:
    """One session."""

    pk: int
    browser: str
    system: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool


def devices_of(request: HttpRequest, user: User) -> list[Device]:
    """The account's sessions that last, this one first, then the one that was seen last."""
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk"))
    alive = _alive(user, [row.session_key for row in rows])
    mine = request.session.session_key
    found = [_device(row, is_this=row.session_key == mine) for row in rows if row.session_key in alive]
    return sorted(found, key=lambda device: not device.is_this)


def end(user: User, pk: int) -> bool:
    """End one of the account's sessions. False if there is none of that number."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is not None:
        _end([row.session_key])
    return row is not None


def end_others(request: HttpRequest, user: User) -> None:
    """End every session of the account but the request's."""
    mine = request.session.session_key
    end_all(user, but=mine or "")


def end_all(user: User, *, but: str = "") -> None:
    """End every session of an account, also those from before there was a list of them."""
    _end(UserSession.objects.filter(user=user).exclude(session_key=but).values_list("session_key", flat=True))
    listed = UserSession.objects.filter(session_key=OuterRef("session_key"))
    others = Session.objects.filter(~Exists(listed), expire_date__gt=timezone.now()).exclude(session_key=but)
    _end(row.session_key for row in others.iterator() if row.get_decoded().get(SESSION_KEY) == str(user.pk))


def forget_what_is_over() -> None:
    """Delete the rows of sessions that are no more."""
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(there)).delete()


def signed_in(*, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Somebody has signed in. (A receiver of `user_logged_in`.)"""
    UserSession.objects.create_from_request(request, user=user)
    rows = UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")
    _end(list(rows.values_list("session_key", flat=True)[MOST:]))


class Seen(MiddlewareMixin):
    """Takes down when a session was last used, every few minutes at most."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "_cached_user" in vars(request) and request.user.is_authenticated:
            with suppress(DatabaseError):  # the answer is there; the next one is written down
                _seen(request)
        return response


_written: dict[str, float] = {}
"""Sessions, and by this process's clock when it has last written that they were seen."""


def _seen(request: HttpRequest) -> None:
    key, now = request.session.session_key, time.monotonic()
    if not key or now - _written.get(key, -SEEN_EVERY) < SEEN_EVERY:
        return
    if len(_written) >= _REMEMBERED:
        _written.clear()
    _written[key] = now
    if not UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now()):
        # From before there was a list, or with another key since the password was changed.
        UserSession.objects.create_from_request(request)


def _alive(user: User, keys: list[str]) -> set[str]:
    """The keys of sessions that have not ended, nor been signed out by another password."""
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    theirs = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return {
        row.session_key
        for row in rows
        if any(constant_time_compare(row.get_decoded().get("_auth_user_hash", ""), known) for known in theirs)
    }


def _end(keys: Iterable[str]) -> None:
    ended = list(keys)
    for start in range(0, len(ended), MOST):
        some = ended[start : start + MOST]
        Session.objects.filter(session_key__in=some).delete()
        UserSession.objects.filter(session_key__in=some).delete()


def _device(row: UserSession, *, is_this: bool) -> Device:
    return Device(
        pk=row.pk,
        browser=_named(row.user_agent, _BROWSERS),
        system=_named(row.user_agent, _SYSTEMS),
        address="" if row.ip == NO_ADDRESS else row.ip,
        since=row.created_at,
        seen=row.last_seen_at,
        is_this=is_this,
    )


def _named(text: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for part, name in names if part in text), "")
