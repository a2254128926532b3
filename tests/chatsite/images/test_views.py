"""An image is taken, shown to whose it is and to nobody else, and goes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts.adoption import adopt
from chatsite.accounts.belongings import belongings_of
from chatsite.accounts.models import Guest
from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.retention import expire
from chatsite.chat.models import Conversation, Message
from chatsite.images.models import Image, ImageContent, ImageGone
from chatsite.images.views import POLICY
from tests.chatsite.images.files import image, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

JSON = {"Accept": "application/json"}


@pytest.fixture
def outsider() -> Client:
    outsider = Client()
    outsider.force_login(User.objects.create_user("outsider"))
    return outsider


def send(client: Client, content: bytes | None = None, *, name: str = "photo.png") -> HttpResponse:
    file = SimpleUploadedFile(name, image() if content is None else content)
    return client.post("/images/", {"file": file}, headers=JSON)  # type: ignore[return-value]


def sent(client: Client, **options: Any) -> Mapping[str, Any]:
    response = send(client, **options)
    assert response.status_code == 201, response.content
    return response.json()  # type: ignore[attr-defined, no-any-return]


def said(conversation: Conversation, *images: Image) -> Message:
    message = Message.objects.create(conversation=conversation, role="user", content="Look")
    Image.objects.attach(images, message=message.pk, conversation=conversation.pk)
    return message


def conversation_of(owner: User) -> Conversation:
    return Conversation.objects.create(user=owner, title="Talk", assistant="chat")


def test_an_image_is_taken_and_shown_to_whose_it_is(client: Client) -> None:
    given = sent(client, name="Holiday.JPG")

    shown = client.get(given["url"])

    assert (given["name"], given["width"], given["height"]) == ("Holiday.JPG", 60, 40)
    assert opened(shown.content).size == (60, 40)
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Disposition"] == 'inline; filename="Holiday.png"'
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == POLICY
    assert "script-src" not in POLICY
    assert "default-src 'none'" in POLICY
    assert shown["Cache-Control"] == "private, max-age=31536000, immutable"
    assert shown["Cross-Origin-Resource-Policy"] == "same-origin"


def test_nobody_else_sees_or_removes_it(client: Client, outsider: Client) -> None:
    address = sent(client)["url"]

    assert outsider.get(address).status_code == 404
    assert outsider.post(f"{address}remove/").status_code == 404
    assert Client().get(address).status_code == 302  # where guests are not let in
    assert client.get(address).status_code == 200
    assert client.get(f"/images/{uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 415, "PNG, JPEG, WebP or GIF"),
        (b"Tea.", 415, "PNG, JPEG, WebP or GIF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "PNG, JPEG, WebP or GIF"),
        (image()[:-30], 400, "damaged"),
        (b"\0" * 2_000, 413, "Images can have 0.001 MB"),
    ],
    ids=["empty", "text", "svg", "half", "large"],
)
def test_what_cannot_be_taken_is_refused_in_words(
    client: Client, settings: Settings, content: bytes, status: int, told: str
) -> None:
    settings.DOCUMENT_MAX_BYTES = 1_000
    response = send(client, content)

    assert response.status_code == status, response.content
    assert told in response.json()["error"]["message"]  # type: ignore[attr-defined]
    assert not Image.objects.exists()


def test_without_a_file_nothing_is_taken(client: Client) -> None:
    assert client.post("/images/", headers=JSON).json()["error"]["message"] == "Choose an image first."
    assert client.get("/images/", headers=JSON).status_code == 405


def test_uploads_a_day_and_bytes_are_limited(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    size = Image.objects.get(pk=sent(client)["id"]).size
    monkeypatch.setitem(site_settings.LIMITS, "images", 2 * size)
    sent(client)

    refused = send(client)

    assert refused.status_code == 429
    assert "Delete a chat that has some" in refused.json()["error"]["message"]  # type: ignore[attr-defined]
    monkeypatch.setitem(site_settings.LIMITS, "images", 0)
    monkeypatch.setitem(site_settings.LIMITS, "uploads", 3)
    assert send(client).status_code == 429
    assert Image.objects.count() == 2


def test_an_unsent_image_can_be_removed_and_a_sent_one_stays(client: Client, owner: User) -> None:
    unsent, shown = sent(client), sent(client)
    said(conversation_of(owner), Image.objects.get(pk=shown["id"]))

    for given in (unsent, shown):
        assert client.post(f"{given['url']}remove/").status_code == 204

    assert client.get(unsent["url"]).status_code == 404
    assert client.get(shown["url"]).status_code == 200


def test_an_image_that_is_not_sent_goes_after_a_day(client: Client, owner: User, settings: Settings) -> None:
    settings.KEEP_DAYS = 14
    unsent, shown = sent(client), sent(client)
    said(conversation_of(owner), Image.objects.get(pk=shown["id"]))
    Image.objects.filter(pk=unsent["id"]).update(expires=timezone.now() - timedelta(seconds=1))
    Image.objects.update(created=timezone.now() - timedelta(days=30))  # its conversation is still used

    expire()

    assert [str(pk) for pk in ImageContent.objects.values_list("pk", flat=True)] == [shown["id"]]


def test_images_of_a_deleted_conversation_come_back_with_it_and_go_with_it(
    client: Client, owner: User
) -> None:
    given = sent(client)
    talk = conversation_of(owner)
    said(talk, Image.objects.get(pk=given["id"]))

    client.post(f"/c/{talk.pk}/delete/")
    assert client.get(given["url"]).status_code == 404
    client.post(f"/c/{talk.pk}/restore/")
    assert client.get(given["url"]).status_code == 200
    client.post(f"/c/{talk.pk}/delete/")
    Conversation.objects.update(deleted=timezone.now() - UNDO_FOR - timedelta(seconds=1))
    expire()

    assert not ImageContent.objects.exists()


def test_an_image_is_in_one_conversation(client: Client, owner: User) -> None:
    shown = Image.objects.get(pk=sent(client)["id"])
    talk = conversation_of(owner)
    said(talk, shown)
    said(talk, shown)  # another version of the message

    with pytest.raises(ImageGone):
        said(conversation_of(owner), shown)


def test_what_a_guest_has_sent_is_the_accounts_after_signing_in(owner: User, settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True
    guest = Client()
    guest.get("/")
    address = sent(guest)["url"]
    assert guest.get(address).status_code == 200

    assert adopt(Guest.objects.get(), owner) == {"image": 1}

    assert guest.get(address).status_code == 404
    guest.force_login(owner)
    assert guest.get(address).status_code == 200


def test_images_go_with_their_account(client: Client, owner: User) -> None:
    said(conversation_of(owner), Image.objects.get(pk=sent(client)["id"]))
    sent(client)

    names = [row._meta.label for row in belongings_of(owner)]
    assert (names.count("images.Image"), names.count("images.ImageContent")) == (2, 2)
    owner.delete()

    assert not ImageContent.objects.exists()
