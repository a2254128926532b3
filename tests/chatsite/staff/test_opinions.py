"""What people think of replies, without the replies."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatsite.chat.models import Conversation
from chatsite.feedback.models import Opinion
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.staff.conftest import queries

pytestmark = pytest.mark.django_db

LIST = "/admin/feedback/opinion/"


def opinion(number: int, *, is_good: bool) -> Opinion:
    user = User.objects.create_user(f"user{number}")
    talk = Conversation.objects.create(user=user, title="canary-title", assistant="chat")
    reply = add(talk, None, "assistant", "canary-reply", model=f"model-{number}")
    return Opinion.objects.create(message=reply, is_good=is_good, comment=f"comment-{number};")


def test_they_are_shown_and_filtered_with_their_comments(root: Client) -> None:
    for number, is_good in enumerate((True, False)):
        opinion(number, is_good=is_good)

    for asked, shown in (("is_good__exact=0", {1}), ("of_model=model-0", {0}), ("", {0, 1})):
        page = root.get(f"{LIST}?{asked}").text
        assert {number for number in (0, 1) if f"comment-{number};" in page} == shown
        assert "canary" not in page


def test_one_leads_to_its_conversation(root: Client) -> None:
    one = opinion(0, is_good=False)

    page = root.get(f"{LIST}{one.pk}/change/").text

    assert f"/admin/chat/conversation/{one.message.conversation_id}/change/" in page
    assert "canary" not in page


def test_no_address_asks_what_is_in_a_reply(root: Client) -> None:
    assert root.get(f"{LIST}?message__content__startswith=canary").status_code == 400


def test_a_list_asks_as_much_for_thirty_as_for_one(root: Client) -> None:
    opinion(0, is_good=True)
    queries(root, LIST)
    few = queries(root, LIST)
    for number in range(1, 31):
        opinion(number, is_good=True)

    assert queries(root, LIST) == few
