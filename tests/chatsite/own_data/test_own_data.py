"""What is kept of a person: counted, taken along, deleted with or without the account, and nobody else's."""

import io
import json
import logging
import zipfile
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts import deletion
from chatsite.accounts.models import Count, Guest
from chatsite.accounts.retention import expire
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.preferences import Preferences
from chatsite.chat.models import Conversation, Message
from chatsite.documents.models import Document, Passage
from chatsite.feedback.models import Opinion
from chatsite.preferences.models import OfConversation, Own
from chatsite.sharing.models import Link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process")]
PASSWORD = "canary-password"
DELETE = "/accounts/data/delete/"


@pytest.fixture(autouse=True)
def with_guests(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True


def give(visitor: Visitor) -> Conversation:
    """One of everything."""
    owner: dict[str, Any] = {"user": visitor.user, "guest": visitor.guest}
    talk = Conversation.objects.create(title="Tea", assistant="chat", **owner)
    asked = Message.objects.create(conversation=talk, role="user", content="canary-words")
    reply = Message.objects.create(conversation=talk, parent=asked, role="assistant", content="Yes.")
    Opinion.objects.create(message=reply, is_good=True, comment="Nice.")
    Link.objects.create(conversation=talk, leaf=reply, title="Tea")
    Own.keep(visitor, Preferences(instructions="Rhyme."))
    OfConversation.keep(talk, Preferences(temperature=0.5))
    document = Document.objects.create(title="../Notes.txt", kind="text", size=1, characters=1, **owner)
    for number, (text, overlap) in enumerate([("The first. ", 0), ("first. The second.", 7)], 1):
        Passage.objects.create(document=document, number=number, place="", overlap=overlap, text=text)
    return talk


def member(name: str) -> tuple[Client, User]:
    user = User.objects.create_user(name, password=PASSWORD)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    give(Visitor(user))
    return client, user


def guest() -> tuple[Client, Guest]:
    client = Client()
    client.cookies[site.GUEST_COOKIE_NAME] = "a-key"
    known = Guest.objects.with_key("a-key")
    assert known is not None
    give(Visitor(guest=known.pk))
    return client, known


def rows() -> dict[str, int]:
    models = (Conversation, Message, Document, Passage, Link, Opinion, Own, OfConversation)
    return {model.__name__: model._default_manager.count() for model in models}


def test_the_page_counts_what_there_is_in_as_many_queries_however_much_it_is() -> None:
    client, user = member("alice")
    client.get("/accounts/data/")  # that a person was seen is noted once a while, and not again
    with CaptureQueriesContext(connection) as few:
        page = client.get("/accounts/data/").text
    for told in (
        ">1 conversation<",
        ">2 messages<",
        ">1 document<",
        ">1 opinion of a reply<",
    ):
        assert told in page
    for _ in range(3):
        give(Visitor(user))
    with CaptureQueriesContext(connection) as many:
        assert ">8 messages<" in client.get("/accounts/data/").text
    assert len(many) == len(few)


def test_a_guest_sees_their_own_and_somebody_new_sees_nothing() -> None:
    client, _ = guest()
    assert ">2 messages<" in client.get("/accounts/data/").text
    assert "Nothing yet." in Client().get("/accounts/data/").text


def test_all_of_it_comes_as_one_file_and_nobody_elses() -> None:
    member("bob")
    client, _ = member("alice")

    answer = client.get("/accounts/data/all.zip")

    packed = b"".join(answer.streaming_content)  # type: ignore[attr-defined] # of a stream
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert list(files) == ["you.json", "chats.json", "chats.md", "documents/1-_Notes.txt.txt"]
    assert files["documents/1-_Notes.txt.txt"] == "The first. The second."
    (talk,) = json.loads(files["chats.json"])["conversations"]
    assert talk["settings"] == {"temperature": 0.5}
    assert files["chats.md"].count("canary-words") == 1
    you = json.loads(files["you.json"])
    assert you["account"]["name"] == "alice"
    assert you["settings"]["instructions"] == "Rhyme."
    assert [you[name][0]["title"] for name in ("documents", "links")] == ["../Notes.txt", "Tea"]
    assert you["opinions"][0]["comment"] == "Nice."


def test_an_account_that_is_deleted_goes_with_everything(caplog: pytest.LogCaptureFixture) -> None:
    member("bob")
    others = rows()
    client, user = member("alice")
    Count.objects.create(name="messages", who=f"user {user.pk}", amount=1, ends=2**40)
    caplog.set_level(logging.INFO, logger="chatsite.audit")

    answer = client.post(DELETE, {"what": "account", "password": PASSWORD}, follow=True)

    assert "Your account and all that you had here are deleted." in answer.text
    assert [each.username for each in User.objects.all()] == ["bob"]
    assert not Count.objects.exists()
    assert "canary-words" not in client.get("/c/export/chats.json").getvalue().decode()
    assert Link.objects.for_everybody().count() == 1
    assert f"account {user.pk} was deleted by its owner" in caplog.text
    assert not [word for word in ("canary", "alice", "Tea") if word in caplog.text]
    assert expire() == 2
    assert rows() == others


def test_what_one_has_can_be_deleted_and_the_account_kept() -> None:
    client, user = member("alice")

    answer = client.post(DELETE, {"what": "belongings", "password": PASSWORD}, follow=True)

    assert "Your account is still there." in answer.text
    assert "Nothing yet." in answer.text
    assert User.objects.get() == user
    assert not Conversation.objects.for_visitor(Visitor(user)).exists()
    assert not Document.objects.owned(Visitor(user)).exists()
    assert not Conversation.objects.just_deleted_by(Visitor(user)).exists()
    expire()
    assert not any(rows().values())


def test_a_guest_is_deleted_without_a_password_and_the_key_opens_nothing() -> None:
    client, known = guest()
    page = client.get(DELETE).text
    assert 'type="password"' not in page

    answer = client.post(DELETE, follow=True)

    assert "All that you had here is deleted." in answer.text
    assert not Guest.objects.filter(pk=known.pk).exists()
    client.cookies[site.GUEST_COOKIE_NAME] = "a-key"
    assert "Nothing yet." in client.get("/accounts/data/").text
    expire()
    assert not any(rows().values())


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"what": "account", "password": "wrong"}, "That is not your password."),
        ({"what": "account"}, "This field is required."),
        ({"what": "all", "password": PASSWORD}, "Say what is to be deleted."),
        ({"password": PASSWORD}, "Say what is to be deleted."),
    ],
)
def test_without_the_password_nothing_goes(fields: dict[str, str], told: str) -> None:
    client, _ = member("alice")
    before = rows()

    answer = client.post(DELETE, fields)

    assert answer.status_code == 400
    assert told in answer.text
    assert client.get(DELETE).status_code == 200  # to ask deletes nothing
    assert rows() == before
    assert User.objects.exists()


def test_somebody_without_a_password_writes_their_name() -> None:
    client, user = member("alice")
    user.set_unusable_password()
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert "That is not your user name." in client.post(DELETE, {"what": "account", "name": "bob"}).text
    assert User.objects.exists()
    client.post(DELETE, {"what": "account", "name": "alice"})
    assert not User.objects.exists()


def test_where_something_cannot_be_deleted_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    client, user = member("alice")
    before = rows()

    def fail(*args: object, **options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(User, "delete", fail)
    with pytest.raises(RuntimeError):
        client.post(DELETE, {"what": "account", "password": PASSWORD})

    assert rows() == before
    assert Conversation.objects.for_visitor(Visitor(user)).count() == 1
    assert Document.objects.for_visitor(Visitor(user)).count() == 1


def test_ten_thousand_conversations_take_as_many_queries_as_one() -> None:
    counts = []
    for number in (1, 10_000):
        user = User.objects.create_user(f"owner of {number}")
        talks = [Conversation(user=user, title="Tea", assistant="chat") for _ in range(number)]
        Conversation.objects.bulk_create(talks)
        with CaptureQueriesContext(connection) as captured:
            deletion.delete_account(user, by="a test")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_being_imported_is_not_taken_for_deleted() -> None:
    talk = Conversation.objects.create(title="Tea", assistant="chat")
    Conversation.objects.filter(pk=talk.pk).update(deleted=timezone.now())
    assert expire() == 0
    assert Conversation.objects.exists()
