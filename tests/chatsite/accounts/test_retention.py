"""What is old goes, and what is not stays; an account takes all that it has with it."""

import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts import retention
from chatsite.accounts.models import Count, Guest
from chatsite.accounts.retention import expire
from chatsite.chat.models import Conversation, Message
from chatsite.documents.models import Document, Passage
from streaming.models import LogPart, Run

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def give(*, user: User | None = None, guest: str = "") -> Conversation:
    """A conversation and a document."""
    talk = Conversation.objects.create(user=user, guest=guest, title="Talk", assistant="chat")
    Message.objects.create(conversation=talk, role="user", content="canary-words")
    document = Document.objects.create(
        user=user, guest=guest, title="Notes", kind="text", size=1, characters=1
    )
    Passage.objects.create(document=document, number=1, place="part 1", overlap=0, text="canary-passage")
    return talk


def test_what_a_guest_has_goes_some_time_after_the_guest() -> None:
    for name, days in (("a", 31), ("b", 29)):
        Guest.objects.create(pk=name * 32, key_hash=name, seen=NOW - timedelta(days=days))
        give(guest=name * 32)
    give(user=User.objects.create_user("alice"))

    assert expire() == 2

    assert [guest.pk[0] for guest in Guest.objects.all()] == ["b"]
    assert sorted(talk.guest[:1] for talk in Conversation.objects.all()) == ["", "b"]
    assert Document.objects.count() == Passage.objects.count() == 2


def test_everybodys_goes_where_that_is_set(settings: Settings) -> None:
    alice = User.objects.create_user("alice")
    old, new = give(user=alice), give(user=alice)
    Conversation.objects.filter(pk=old.pk).update(updated=NOW - timedelta(days=8))
    expire()
    assert Conversation.objects.count() == 2

    settings.KEEP_DAYS = 7
    expire()

    assert [talk.pk for talk in Conversation.objects.all()] == [new.pk]


def test_sessions_and_counts_go_when_they_are_over() -> None:
    Session.objects.create(session_key="over", session_data="", expire_date=NOW - timedelta(days=1))
    Count.objects.create(name="messages", who="user 1", amount=1, ends=1)
    expire()
    assert not Session.objects.exists()
    assert not Count.objects.exists()


def test_wrong_passwords_are_forgotten_when_their_lock_is_over(settings: Settings) -> None:
    for name, ago in (("old", settings.AXES_COOLOFF_TIME), ("new", timedelta())):
        attempt = AccessAttempt.objects.create(username=name, failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=timezone.now() - ago)
    expire()
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["new"]


def test_the_command_deletes_at_once(settings: Settings) -> None:
    talk = give(user=User.objects.create_user("alice"))
    Conversation.objects.filter(pk=talk.pk).update(updated=NOW - timedelta(days=8))
    settings.KEEP_DAYS = 7
    out = StringIO()

    call_command("expire", stdout=out)

    assert out.getvalue() == "1 conversations and documents were deleted.\n"


class Over(BaseException):
    """The process has ended."""


def test_a_worker_looks_once_an_hour_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    outcomes: list[int | Exception] = [2, OperationalError("canary"), ValueError("another fault"), 0]

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > len(outcomes):
            raise Over

    def look() -> int:
        outcome = outcomes[len(waits) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    caplog.set_level("INFO", logger="chatsite.retention")
    monkeypatch.setattr(retention, "sleep", wait)
    monkeypatch.setattr(retention, "expire", look)
    with pytest.raises(Over):
        retention._expire_every_hour()

    first, *rest = waits
    assert first < retention.EVERY == 3_600.0
    assert rest == [retention.EVERY] * 4
    assert "2 conversations and documents were kept long enough" in caplog.text
    assert "could not be deleted: OperationalError" in caplog.text
    assert "canary" not in caplog.text


def test_a_deleted_conversation_leaves_no_run() -> None:
    talk, kept = give(guest="a" * 32), give(guest="b" * 32)
    for conversation in (talk, kept):
        run = Run.objects.create(pk=uuid4(), owner=uuid4())
        LogPart.objects.create(run=run, first=1, events="[]")
        Message.objects.create(conversation=conversation, role="assistant", run_id=run.pk, status="done")

    talk.delete()

    assert Run.objects.count() == LogPart.objects.count() == 1


def test_an_account_is_exported_without_what_is_others() -> None:
    give(user=User.objects.create_user("alice", password="canary-password"))
    give(user=User.objects.create_user("bob"))

    out = StringIO()
    call_command("exportaccount", "alice", stdout=out)

    rows = json.loads(out.getvalue())
    assert {row["model"] for row in rows} == {
        "auth.user",
        "chat.conversation",
        "chat.message",
        "documents.document",
        "documents.passage",
    }
    assert out.getvalue().count("canary-words") == out.getvalue().count("canary-passage") == 1
    assert "password" not in out.getvalue()
    assert "unspaced" not in out.getvalue()


def test_an_account_is_deleted_with_all_that_it_has() -> None:
    give(user=User.objects.create_user("alice"))
    kept = give(user=User.objects.create_user("bob"))

    call_command("deleteaccount", "alice", stdout=StringIO())

    assert [user.username for user in User.objects.all()] == ["bob"]
    assert [talk.pk for talk in Conversation.objects.all()] == [kept.pk]
    assert Passage.objects.count() == Message.objects.count() == 1
    with pytest.raises(CommandError, match="no account"):
        call_command("deleteaccount", "alice")


def test_what_staff_do_is_taken_down(
    client: Client, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    staff = User.objects.create_superuser("root")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    caplog.set_level("INFO", logger="chatsite.audit")

    client.get(f"/admin/auth/user/{staff.pk}/change/")

    assert f"user {staff.pk}: GET /admin/auth/user/{staff.pk}/change/: 200" in caplog.messages
