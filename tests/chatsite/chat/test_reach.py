"""The page of a long conversation says from where on the model is sent it."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chatsite.chat.models import Conversation, Message
from tests.chatsite.chat.portable.conversations import add

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process")]

LINE = "The model is not sent what is above any more."


def page_of(client: Client, *texts: str) -> tuple[str, list[Message]]:
    owner = User.objects.create_user("owner")
    client.force_login(owner)
    talk = Conversation.objects.create(user=owner, title="Tea", assistant="chat")
    said: list[Message] = []
    for number, text in enumerate(texts):
        role = "assistant" if number % 2 else "user"
        said.append(add(talk, said[-1] if said else None, role, text))
    return client.get(talk.get_absolute_url()).text, said


def test_a_line_stands_above_the_first_message_that_the_model_is_still_sent(
    client: Client, settings: Settings
) -> None:
    settings.CHAT_CONTEXT_TOKENS, settings.CHAT_MAX_TOKENS = 1000, None

    page, said = page_of(client, "x" * 2000, "y" * 2000, "And?", "Yes.")

    assert page.count(LINE) == 1
    assert re.search(rf'id="message-{said[2].pk}"[^>]*>\s*<p class="reach more-messages aside">{LINE}', page)


def test_there_is_none_where_the_model_is_sent_all_of_it(client: Client) -> None:
    page, _ = page_of(client, "Hi", "Yes.")
    assert LINE not in page
