"""How much of a conversation's images a model is sent, and what it is told of the others."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.chat.history import TooLong, for_model, reach_of
from chatsite.chat.models import Conversation, Message
from chatsite.images import uploads
from chatsite.images.messages import MOST_SENT, TOKENS_EACH, add_to
from chatsite.images.models import Image, ImageContent
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.images.files import image

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(owner: User) -> Conversation:
    return Conversation.objects.create(user=owner, title="Talk", assistant="chat")


def path_of(talk: Conversation, *counts: int) -> list[Message]:
    """A conversation in which each message of a person has so many images."""
    one = uploads.add("one.png", image(), visitor=Visitor(user=talk.user))
    content = ImageContent.objects.get(pk=one.pk).content
    message: Message | None = None
    for count in counts:
        message = add(talk, message, "user", f"{count} images" if count != 1 else "")
        images = []
        for _ in range(count):
            one.pk = None
            images.append(Image.objects.create(**fields_of(one)))
            ImageContent.objects.create(image=images[-1], content=content)
        Image.objects.attach(images, message=message.pk, conversation=talk.pk)
        message = add(talk, message, "assistant", "Yes.")
    path = talk.path()
    add_to(path)
    return path


def fields_of(one: Image) -> dict[str, Any]:
    names = ("user", "guest", "name", "media_type", "width", "height", "size", "digest")
    return {name: getattr(one, name) for name in names}


def images_in(said: list[Any]) -> list[int]:
    """How many the model is sent with each message of a person."""
    asked = [message.content for message in said if message.type == "human"]
    return [
        0 if isinstance(content, str) else sum(part["type"] == "image_url" for part in content)
        for content in asked
    ]


def test_only_the_newest_images_are_sent_and_the_model_is_told_of_the_others(
    talk: Conversation, settings: Settings
) -> None:
    settings.CHAT_CONTEXT_TOKENS = 1_000_000
    path = path_of(talk, 4, *[4] * (MOST_SENT // 4), 0)

    said = for_model(path, sees=True)

    assert images_in(said) == [0, *[4] * (MOST_SENT // 4), 0]
    assert said[1].content == "4 images\n\n(4 image(s) that you are not shown.)"


def test_a_model_that_no_longer_sees_is_told_that_there_were_images(talk: Conversation) -> None:
    said = for_model(path_of(talk, 1, 2, 0))

    assert images_in(said) == [0, 0, 0]
    assert said[1].content == "(1 image(s) that you are not shown.)"
    assert said[3].content == "2 images\n\n(2 image(s) that you are not shown.)"


def test_images_count_for_what_the_model_can_read(talk: Conversation, settings: Settings) -> None:
    path = path_of(talk, 2, 1, 1)
    settings.CHAT_CONTEXT_TOKENS = 4 * (2 * TOKENS_EACH + 200) // 3

    reach = reach_of(path)

    assert [len(message.images) for message, _ in reach.sent] == [1, 0, 1, 0]
    assert not reach.is_all
    assert 2 * TOKENS_EACH < reach.tokens < 2 * TOKENS_EACH + 200
    settings.CHAT_CONTEXT_TOKENS = TOKENS_EACH
    with pytest.raises(TooLong):
        for_model(path[:-1], sees=True)


def test_the_images_of_all_messages_are_one_query(talk: Conversation, django_assert_num_queries: Any) -> None:
    path = path_of(talk, 1, 4, 0, 2)
    with django_assert_num_queries(1):
        add_to(path)

    assert [len(message.images) for message in path] == [1, 0, 4, 0, 0, 0, 2, 0]
