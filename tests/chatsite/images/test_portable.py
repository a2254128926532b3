"""Images in exported, imported, shared and copied conversations."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation, Message
from chatsite.images import uploads
from chatsite.images.models import Image, ImageContent
from chatsite.images.views import POLICY
from chatsite.sharing.models import Link
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.images.files import bomb, image, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process", "owner_is_signed_in")]

ADDRESS = re.compile(r'src="(/shared/[^"]+)"')


@pytest.fixture
def talk(owner: User) -> Conversation:
    """Two versions of a message with the same images, each answered; a third message has one of its own."""
    talk = Conversation.objects.create(user=owner, title="Talk", assistant="chat")
    images = [image_of(owner, size) for size in ((60, 40), (30, 90))]
    add(talk, said(talk, None, "Old", *images), "assistant", "Yes.")
    reply = add(talk, said(talk, None, "Look", *images), "assistant", "Yes.")
    add(talk, said(talk, reply, "", image_of(owner, (8, 8))), "assistant", "Small.")
    return talk


def image_of(owner: User, size: tuple[int, int]) -> Image:
    return uploads.add(f"{size[0]}.png", image(size), visitor=Visitor(user=owner))


def said(talk: Conversation, parent: Message | None, text: str, *images: Image) -> Message:
    message = add(talk, parent, "user", text)
    Image.objects.attach(images, message=message.pk, conversation=talk.pk)
    return message


def exported(client: Client, talk: Conversation, ending: str = "json") -> bytes:
    response: Any = client.get(f"/c/{talk.pk}/export.{ending}")
    content: bytes = response.getvalue()
    return content


def imported(client: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("chats.json", content)
    return client.post("/c/import/", {"file": file}, headers={"Accept": "application/json"})


def sizes_of(talk: Conversation) -> list[tuple[str, int, int]]:
    found = Image.objects.filter(attachments__message__in=talk.messages.all())
    rows = found.order_by("attachments__message__created", "attachments__number")
    return [(row.name, row.width, row.height) for row in rows]


def test_what_is_imported_has_the_images_that_were_exported(client: Client, talk: Conversation) -> None:
    other = User.objects.create_user("other")
    importer = Client()
    importer.force_login(other)

    assert imported(importer, exported(client, talk)).status_code == 303

    copied = Conversation.objects.get(user=other)
    assert sorted(sizes_of(copied)) == sorted(sizes_of(talk))
    assert {row.user for row in copied.images.all()} == {other}
    assert all(row.expires is None for row in copied.images.all())
    assert importer.get(copied.images.all()[0].get_absolute_url()).status_code == 200


def test_images_that_have_no_room_in_a_file_are_named(
    client: Client, talk: Conversation, settings: Settings
) -> None:
    settings.DOCUMENT_MAX_BYTES = 2 * 4 * 100
    whole = json.loads(exported(client, talk))

    images = [each for message in whole["conversations"][0]["messages"] for each in message.get("images", [])]

    assert len(images) == 5
    left_out = [each for each in images if each.get("left_out")]
    assert left_out
    assert all(each.keys() == {"name", "left_out"} for each in left_out)
    written = sum(len(each["content"]) for each in images if "content" in each)
    assert 0 < written <= 400
    settings.DOCUMENT_MAX_BYTES = 100_000
    assert imported(client, json.dumps(whole).encode()).status_code == 303


def test_markdown_names_the_images(client: Client, talk: Conversation) -> None:
    text = exported(client, talk, "md").decode()

    assert "*(Image: 60.png)*\n\n*(Image: 30.png)*" in text
    assert "*(Image: 8.png)*" in text


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda images: images[0].update(content="&&&"), "image in base64"),
        (lambda images: images[0].update(content=None), "image in base64"),
        (lambda images: images[0].update(content=b64(b"Tea.")), "image in base64"),
        (lambda images: images[0].update(content=b64(b"<svg/>")), "image in base64"),
        (lambda images: images[0].update(content=b64(bomb(30_000, 30_000))), "too large"),
        (lambda images: images[0].update(name=""), "name"),
        (lambda images: images[0].update(name="a\0"), "cannot be stored"),
        (lambda images: images.extend(images * 4), "At most 4"),
        (lambda images: images.append("x"), "not a list of objects"),
    ],
)
def test_one_image_that_is_none_and_nothing_is_imported(
    client: Client, talk: Conversation, change: Callable[[Any], object], told: str
) -> None:
    whole = json.loads(exported(client, talk))
    images = next(message for message in whole["conversations"][0]["messages"] if message.get("images"))
    change(images["images"])

    response = imported(client, json.dumps(whole).encode())

    assert response.status_code == 400
    assert told in response.json()["error"]["message"]
    assert Conversation.objects.count() == 1
    assert ImageContent.objects.count() == 3


def test_a_reply_has_no_images(client: Client, talk: Conversation) -> None:
    whole = json.loads(exported(client, talk))
    reply = next(one for one in whole["conversations"][0]["messages"] if one["role"] == "assistant")
    reply["images"] = [{"name": "x", "left_out": True}]

    assert imported(client, json.dumps(whole).encode()).status_code == 400


def test_an_import_takes_no_more_room_than_a_person_has(
    client: Client, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(site_settings.LIMITS, "images", 1 + sum(row.size for row in talk.images.all()))

    assert imported(client, exported(client, talk)).status_code == 429
    assert (Conversation.objects.count(), Image.objects.count()) == (1, 3)


def test_the_images_of_what_was_shared_are_seen_by_the_link(client: Client, talk: Conversation) -> None:
    client.post(f"/c/{talk.pk}/share/")
    link = Link.objects.get()
    later = image_of(talk.user, (5, 5))  # type: ignore[arg-type]
    said(talk, talk.path()[-1], "Later", later)
    reader = Client()

    page = reader.get(link.get_absolute_url())
    addresses = ADDRESS.findall(page.text)

    assert [opened(reader.get(address).content).size for address in addresses] == [(60, 40), (30, 90), (8, 8)]
    shown = reader.get(addresses[0])
    assert not shown.cookies
    assert "no-store" in shown["Cache-Control"]
    assert shown["Referrer-Policy"] == "no-referrer"
    assert shown["Content-Security-Policy"] == POLICY
    assert reader.get(f"{link.get_absolute_url()}images/{later.pk}/").status_code == 404
    assert reader.get(talk.images.all()[0].get_absolute_url()).status_code == 302
    link.delete()
    assert [reader.get(address).status_code for address in addresses] == [404, 404, 404]


def test_a_link_shows_no_image_of_another_conversation(
    client: Client, talk: Conversation, owner: User
) -> None:
    other = Conversation.objects.create(user=owner, title="Other", assistant="chat")
    secret = image_of(owner, (5, 5))
    said(other, None, "Secret", secret)
    client.post(f"/c/{talk.pk}/share/")

    found = Client().get(f"{Link.objects.get().get_absolute_url()}images/{secret.pk}/")

    assert found.status_code == 404


def test_a_copy_of_what_was_shared_has_images_of_its_own(client: Client, talk: Conversation) -> None:
    client.post(f"/c/{talk.pk}/share/")
    other = User.objects.create_user("other")
    reader = Client()
    reader.force_login(other)

    assert reader.post(f"{Link.objects.get().get_absolute_url()}copy/").status_code == 303

    copied = Conversation.objects.get(user=other)
    assert sizes_of(copied) == [("60.png", 60, 40), ("30.png", 30, 90), ("8.png", 8, 8)]
    talk.delete()
    assert all(reader.get(row.get_absolute_url()).status_code == 200 for row in copied.images.all())
