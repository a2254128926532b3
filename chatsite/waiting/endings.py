"""What the end of a reply means for the messages that wait for it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from chatsite.chat.models import Message
from chatsite.waiting.models import WaitingMessage
from chatsite.waiting.sender import sender
from streaming.events import End


def carry_on(*, run_id: UUID, end: End, **kwargs: Any) -> None:
    """Let those that wait for the reply have their turn if it is done. (A receiver of `run_ended`.)

    That they are due is stored together with the end: if this process dies now, another one sends them.
    """
    asked = Message.objects.filter(run_id=run_id).values("parent")
    behind = WaitingMessage.objects.filter(leaf__in=asked)
    is_done = end.status == "done"
    if behind.update(due=Now()) if is_done else behind.exclude(due=None).exists():
        transaction.on_commit(sender.wake)
