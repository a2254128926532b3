"""What the end of a run changes in its reply, and the deletion of a reply in its run."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from chatsite.accounts.limits import spend_tokens
from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Message
from chatsite.live.changes import changes
from streaming.events import End, Event
from streaming.models import Run, Times


def store(
    *, run_id: UUID, end: End, events: Sequence[Event], times: Times | None = None, **kwargs: Any
) -> None:
    """Store the reply of a run that has ended, in the same transaction. (A receiver of `run_ended`.)"""
    found = Message.objects.filter(run_id=run_id)  # without the text, which may be long
    for reply, user, guest in found.values_list("pk", "conversation__user", "conversation__guest"):
        Message(pk=reply).end(end, events, times)
        if not (user or guest):  # whose it was has deleted all that they had
            continue
        owner = Visitor(User(pk=user) if user else None, guest)
        changes.tell(owner)
        if end.usage is not None:
            spend_tokens(owner, end.usage.input_tokens or 0, end.usage.output_tokens or 0)
        if settings.CHAT_TITLES and end.status == "done" and _is_first(reply):
            transaction.on_commit(partial(_want_title, reply))


def _is_first(reply_id: UUID) -> bool:
    """Whether the reply answers the message that its conversation begins with."""
    return Message.objects.filter(pk=reply_id, parent__parent=None).exists()


def _want_title(reply_id: UUID) -> None:
    from chatsite.chat.title_writer import writer  # loads LangChain, which Django need not do to begin

    writer.want(reply_id)


def forget(*, instance: Message, **kwargs: Any) -> None:
    """Delete the run of a reply that was deleted: its events hold the text. (A receiver of `post_delete`.)"""
    if instance.run_id is not None:
        Run.objects.filter(pk=instance.run_id).delete()
