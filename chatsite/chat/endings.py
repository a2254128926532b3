"""What follows from a run's end for the reply, and from a reply's end for the run."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chatsite.chat.models import Message
from streaming.events import End, Event
from streaming.models import Run


def store(*, run_id: UUID, end: End, events: Sequence[Event], **kwargs: Any) -> None:
    """A run has ended: store the reply, in the same transaction. (A receiver of `run_ended`.)"""
    if (reply := Message.objects.filter(run_id=run_id).first()) is not None:
        reply.end(end, events)


def forget(*, instance: Message, **kwargs: Any) -> None:
    """A reply was deleted: its run's events hold the same text. (A receiver of `post_delete`.)"""
    if instance.run_id is not None:
        Run.objects.filter(pk=instance.run_id).delete()
