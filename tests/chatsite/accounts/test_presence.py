"""Who still reads, found out for all streams of a process together."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from chatsite.accounts import presence
from chatsite.accounts.models import Guest
from chatsite.accounts.presence import while_here
from chatsite.accounts.visitor import Visitor

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def looks_at_every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "LOOK", 0)
    monkeypatch.setattr(presence, "close_old_connections", lambda: None)  # the test's own


def request() -> HttpRequest:
    made = HttpRequest()
    made.session = SessionStore()
    return made


def signed_in(name: str) -> tuple[HttpRequest, Visitor]:
    made, user = request(), User.objects.create_user(name)
    login(made, user, backend=BACKEND)
    made.session.save()
    return made, Visitor(user=user)


@pytest.fixture
def streams() -> Iterator[Any]:
    """Starts endless streams of people."""
    with ExitStack() as open_streams:

        def start(asked: HttpRequest, visitor: Visitor) -> Any:
            stream: Any = while_here(asked, visitor, iter(range(1_000)))
            open_streams.callback(stream.close)
            next(stream)
            return stream

        yield start


def test_a_guest_who_was_sent_away_reads_no_more(streams: Any) -> None:
    guests = [Guest.objects.make(str(number)) for number in range(3)]
    ada, bob, eve = (streams(request(), Visitor(guest=guest.pk)) for guest in guests)

    guests[1].end()

    assert next(ada)
    assert list(bob) == []
    assert next(eve)


def test_who_has_signed_out_reads_no_more(streams: Any) -> None:
    (one, ada), (other, bob) = signed_in("ada"), signed_in("bob")
    first, second = streams(one, ada), streams(other, bob)

    logout(one)

    assert list(first) == []
    assert next(second)


def test_a_look_at_many_guests_is_one_statement(streams: Any) -> None:
    guests = [Guest.objects.make(str(number)) for number in range(20)]
    open_streams = [streams(request(), Visitor(guest=guest.pk)) for guest in guests]

    with CaptureQueriesContext(connection) as captured:
        next(open_streams[0])

    assert len(captured) == 1


def test_a_person_with_many_streams_is_looked_for_once(streams: Any) -> None:
    asked, ada = signed_in("ada")
    open_streams = [streams(asked, ada) for _ in range(12)]

    with CaptureQueriesContext(connection) as captured:
        next(open_streams[0])

    assert len(captured) == 2  # the session and the user


def test_who_has_left_is_not_looked_for(streams: Any) -> None:
    stream = streams(request(), Visitor(guest=Guest.objects.make("a").pk))

    stream.close()

    assert presence.readers.reading == set()
