"""Who hears of a change, in this process and from another."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatsite.accounts.retention import expire
from chatsite.accounts.visitor import Visitor
from chatsite.live.changes import Changes, Listener
from chatsite.live.models import ListChanges
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def ada(changes: Changes) -> Iterator[Listener]:
    listener = changes.listen(Visitor(guest="ada"))
    yield listener
    changes.leave(listener)


@pytest.fixture
def bob(changes: Changes) -> Iterator[Listener]:
    listener = changes.listen(Visitor(User.objects.create_user("bob")))
    yield listener
    changes.leave(listener)


def test_a_persons_pages_hear_of_a_change_and_nobody_elses(
    changes: Changes, ada: Listener, bob: Listener
) -> None:
    another = changes.listen(Visitor(guest="ada"))
    changes.tell(Visitor(guest="ada"))

    assert ada.changed.wait(60)
    assert another.changed.wait(60)
    assert not bob.changed.is_set()
    changes.leave(another)


def test_a_change_in_another_process_is_heard_of(ada: Listener, bob: Listener) -> None:
    ListChanges.objects.filter(who=ada.who).update(number=F("number") + 1)

    assert ada.changed.wait(60)
    assert not bob.changed.is_set()


def test_what_a_transaction_takes_back_has_not_changed(changes: Changes, ada: Listener) -> None:
    with transaction.atomic():
        changes.tell(Visitor(guest="ada"))
        transaction.set_rollback(rollback=True)
    assert changes._told == set()
    assert ListChanges.objects.get(who=ada.who).number == 0


def test_many_pages_cost_one_query_a_look(changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    listeners = [changes.listen(Visitor(guest=f"guest-{number}")) for number in range(50)]
    with CaptureQueriesContext(connection) as captured:
        changes._look()
    assert len(captured) == 1
    for listener in listeners:
        changes.leave(listener)


def test_an_outage_ends_no_thread(changes: Changes, ada: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    failed, look = Barrier(2), changes._look

    def fail() -> None:
        monkeypatch.setattr(changes, "_look", look)
        failed.wait(60)
        raise DatabaseError

    monkeypatch.setattr(changes, "_look", fail)
    failed.wait(60)
    changes.tell(Visitor(guest="ada"))

    assert ada.changed.wait(60)


def test_nobody_who_never_listens_has_a_row(changes: Changes) -> None:
    changes.tell(Visitor(guest="eve"))
    wait_until(lambda: not changes._told)
    assert not ListChanges.objects.exists()


def test_numbers_that_nobody_asks_for_are_forgotten(ada: Listener, bob: Listener) -> None:
    ListChanges.objects.filter(who=ada.who).update(asked=timezone.localdate() - timedelta(days=31))
    expire()
    assert [row.who for row in ListChanges.objects.all()] == [bob.who]
