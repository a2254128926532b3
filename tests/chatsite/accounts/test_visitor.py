"""Who is asking."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from chatsite.accounts.visitor import VisitorRequest, known_visitor_of, visitor_of

pytestmark = pytest.mark.django_db


def send(session: SessionStore) -> bool:
    """A guest sends something. Whether the session was renewed."""
    request = RequestFactory().post("/messages/")
    request.user, request.session = AnonymousUser(), session
    session.modified = False
    known_visitor_of(VisitorRequest.of(request, visitor_of(request)))
    return session.modified


def test_a_guest_who_goes_on_sending_keeps_the_session(settings: object) -> None:
    session = SessionStore()
    settings.CHAT_ALLOW_GUESTS = True  # type: ignore[attr-defined]
    assert send(session)
    assert not send(session)
    session["seen"] = (timezone.now() - timedelta(days=1)).date().isoformat()
    assert send(session)
