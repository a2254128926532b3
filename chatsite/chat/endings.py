"""What the end of a run changes in its reply, and the deletion of a reply in its run."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chatsite.chat.models import Message
from streaming.events import End, Event
from streaming.models import Run


def store(*, run_id: UUID, end: End, events: Sequence[Event], **kwargs: Any) -> None:
    """Store the reply of a run that has ended, in the same transaction. (A receiver of `run_ended`.)"""
    if (reply := Message.objects.filter(run_id=run_id).first()) is not None:
        reply.end(end, events)


def forget(*, instance: Message, **kwargs: Any) -> None:
    """Delete the run of a reply that was deleted: its events hold the text. (A receiver of `post_delete`.)"""
    if instance.run_id is not None:
        Run.objects.filter(pk=instance.run_id).delete()
