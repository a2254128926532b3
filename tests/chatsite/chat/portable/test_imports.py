"""What was exported can be imported, all of it or nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts.models import Guest
from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.retention import expire
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.preferences import Preferences
from chatsite.chat.models import Conversation, Message
from chatsite.chat.portable import imports, staging
from chatsite.chat.portable.export import as_json, everything_of
from chatsite.preferences.models import OfConversation
from tests.chatsite.chat.portable.conversations import add, rich

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process")]

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def with_guests(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True


def person(name: str) -> tuple[User, Client]:
    user, client = User.objects.create_user(name), Client()
    client.force_login(user)
    return user, client


def exported(user: User) -> bytes:
    return "".join(as_json(everything_of(Visitor(user=user)))).encode()


def send(client: Client, content: bytes, **headers: str) -> Any:
    file = SimpleUploadedFile("chats.json", content)
    return client.post("/c/import/", {"file": file}, headers=headers)


def without_its_time(content: bytes) -> Any:
    return json.loads(content) | {"exported": ""}


def test_what_is_imported_is_what_was_exported() -> None:
    owner, _ = person("owner")
    other, client = person("other")
    rich(owner)
    talk = rich(owner, title="Another")
    Conversation.objects.filter(pk=talk.pk).update(created=timezone.now())
    add(talk, talk.path()[-2], "assistant", "Yes.")
    file = exported(owner)

    answer = send(client, file)

    assert (answer.status_code, answer["Location"]) == (303, "/c/")
    assert "2 chats were imported." in client.get("/c/").text
    assert without_its_time(exported(other)) == without_its_time(file)
    assert without_its_time(exported(owner)) == without_its_time(file)
    assert not {*ids(owner)} & {*ids(other)}
    assert "canary-signature" not in file.decode()


def ids(user: User) -> list[object]:
    messages = Message.objects.filter(conversation__user=user).values_list("pk", "conversation")
    return [pk for pair in messages for pk in pair]


def test_what_is_imported_can_be_read_found_and_gone_on_with() -> None:
    owner, client = person("owner")
    rich(owner)
    file = exported(owner)
    Conversation.objects.all().delete()
    send(client, file)
    talk = Conversation.objects.get()

    page = client.get(talk.get_absolute_url()).text

    assert "A drink" in page
    assert "Too slow." in page
    assert "leaves" in client.get("/search/?q=leaves").text
    assert [message.content for message in talk.path()][:1] == ["What is ☕?\n\n```\n</script>\n```"]


def test_a_guest_can_import_as_well() -> None:
    owner, _ = person("owner")
    rich(owner)
    guest = Client()
    guest.get("/c/export/")

    assert send(guest, exported(owner)).status_code == 303
    assert "Tea &amp; “cake”" in guest.get("/c/archived/").text
    assert Conversation.objects.filter(guest=Guest.objects.get().pk, user=None).count() == 1


def test_nothing_of_a_file_with_one_mistake_is_stored() -> None:
    owner, client = person("owner")
    rich(owner)
    whole = json.loads(exported(owner))
    whole["conversations"] += [whole["conversations"][0] | {"title": ""}]
    Conversation.objects.all().delete()

    answer = send(client, json.dumps(whole).encode())

    assert answer.status_code == 400
    assert "Nothing was imported. Chat 2: “title” is empty." in answer.text
    assert not Conversation.objects.exists()
    refusal = send(client, b"{}", **JSON)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (400, "unreadable")


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_stored_to_its_end_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, client = person("owner")
    rich(owner)
    rich(owner)
    file = exported(owner)
    Conversation.objects.all().delete()
    monkeypatch.setattr(staging, "BATCH", 2)
    store, seen = staging._store, []

    def fail(messages: list[Message]) -> None:
        store(messages[:2])
        seen.append(
            client.get("/c/").text + client.get("/c/archived/").text + client.get("/search/?q=cake").text
        )
        if len(seen) == 2:
            raise DatabaseError

    monkeypatch.setattr(staging, "_store", fail)
    with pytest.raises(DatabaseError):
        imports.import_file(file, visitor=Visitor(user=owner))

    assert not any("cake”" in page for page in seen)  # while it is stored, nobody sees any of it
    assert not Conversation.objects.exists()


def test_what_a_process_that_died_has_left_goes_by_itself() -> None:
    owner, _ = person("owner")
    rich(owner)
    given = json.loads(imports._checked(exported(owner), Visitor(user=owner))[0])
    begun = staging._begin(given)
    Conversation.objects.filter(pk=begun.pk).update(deleted=timezone.now() - UNDO_FOR * 2)

    assert expire() == 1


def test_what_retention_took_meanwhile_is_not_half_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, client = person("owner")
    rich(owner)
    file = exported(owner)
    Conversation.objects.all().delete()

    def take_it(messages: list[Message]) -> None:
        Conversation.objects.all().delete()

    monkeypatch.setattr(staging, "_store", take_it)

    assert "Storing the file took too long." in send(client, file).text
    assert not Conversation.objects.exists()


def test_a_file_that_is_too_large_is_said_to_be(settings: Settings) -> None:
    settings.DOCUMENT_MAX_BYTES = 100_000
    _, client = person("owner")

    answer = send(client, b"x" * 200_000, **JSON)
    hopeless = send(client, b"x" * 500_000, **JSON)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert "Export the chats one by one" in answer.json()["error"]["message"]
    assert (hopeless.status_code, hopeless.json()["error"]["code"]) == (413, "too_large")


def test_no_file_is_asked_for() -> None:
    _, client = person("owner")
    answer = client.post("/c/import/", headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "required")
    assert client.get("/c/import/").status_code == 405


def test_a_person_imports_so_many_files_a_day(settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"imports": 1}
    _, client = person("owner")
    assert send(client, b"{}", **JSON).json()["error"]["code"] == "unreadable"

    refused = send(client, b"{}", **JSON)

    assert refused.status_code == 429
    assert "You can import 1 files and shared chats a day." in refused.json()["error"]["message"]
    assert int(refused["Retry-After"]) > 0
    assert "You can import 1 files" in send(client, b"{}").text


def test_one_person_has_one_file_in_hand() -> None:
    _, client = person("owner")
    with imports._place(Visitor(user=User.objects.get())):
        refused = send(client, b"{}", **JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "limit_reached")


def test_a_conversation_keeps_its_settings_but_not_a_model_that_is_not_offered(settings: Settings) -> None:
    owner, client = person("owner")
    kept = Preferences(instructions="Rhyme.", temperature=0.0, model="gpt-x", max_tokens=9)
    OfConversation.keep(rich(owner), kept)
    file = exported(owner)
    settings.CHAT_LOCAL_MODEL, settings.CHAT_MODELS = False, {"gpt-x": None}
    send(client, file)
    settings.CHAT_MODELS = {}
    send(client, file)

    imported = [row.preferences for row in OfConversation.objects.order_by("changed")][1:]

    assert imported == [kept, replace(kept, model="")]
    assert "This site does not offer gpt-x" in client.get("/c/").text
