"""A waiting message is sent: it goes, and the message, its reply and the run come, in one transaction.

Any number of processes may try at the same time. One of them finds it waiting; its id is the key of its
reply, of which the database takes one.
"""

import logging
from datetime import timedelta
from functools import partial

from django.db import DatabaseError
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.chat import replies
from chatsite.chat.history import TooLong
from chatsite.chat.idempotency import Started
from chatsite.chat.models import Conversation, Message
from chatsite.chat.path import ids_below
from chatsite.waiting.models import REFUSAL_LENGTH, WaitingMessage
from streaming import runs
from streaming.runs import Busy

logger = logging.getLogger("chatsite.waiting")

_AT_ONCE = 50
"""Messages that one look sends, at most."""
_LONGEST = 600
"""Seconds after which one that was refused is tried again, at the latest."""
_AFTER_A_FAULT = 60


class NotNow(Exception):
    """It was sent, changed or removed meanwhile, or a reply is being written in its branch."""


def send(waiting: WaitingMessage) -> Started:
    """Send it for its conversation's owner, and start the reply. Raises `NotNow`, and what `replies.send`
    does."""
    conversation = waiting.conversation
    try:
        started = replies.send(
            waiting.text,
            visitor=Visitor(conversation.user, conversation.guest),
            conversation=conversation,
            assistant=conversation.assistant,
            leaf=waiting.leaf,
            option=waiting.option,
            name=waiting.pk,
            claim=partial(_claim, waiting),
        )
    except (Conversation.DoesNotExist, Message.DoesNotExist):  # deleted meanwhile
        raise NotNow from None
    if started.is_repeat:
        WaitingMessage.objects.filter(pk=waiting.pk).delete()
    return started


def _claim(waiting: WaitingMessage, question: Message) -> None:
    """Take it out of the queue, as the transaction does that stores it as `question`. What waits behind it in
    the same branch waits for its reply from now on. Raises `NotNow`."""
    mine = WaitingMessage.objects.filter(pk=waiting.pk, text=waiting.text, leaf=waiting.leaf)
    # Locked: a `delete()` on a condition may look first, and delete by the key alone.
    if (found := mine.select_for_update().first()) is None or going_on_below(waiting.leaf):
        raise NotNow
    *_before, tip = waiting.conversation.path(below=waiting.leaf, most=1)
    if tip.pk != question.parent_id:  # something was added since
        raise NotNow
    found.delete()
    behind = WaitingMessage.objects.filter(conversation=waiting.conversation, leaf=waiting.leaf)
    behind.update(leaf=question.pk, due=None, refusal="")


def going_on_below(leaf: Message) -> list[Message]:
    """The replies that are being written in the branches with that message, oldest first."""
    branch = ids_below(Message.objects.filter(pk=leaf.pk).order_by())
    return list(Message.objects.unfinished().filter(pk__in=branch))


def send_due() -> None:
    """Send what is due: of each branch the first. What is refused waits on, and says why."""
    tried = set()
    for waiting in WaitingMessage.objects.due()[:_AT_ONCE]:
        if runs.is_draining():  # another process will
            return
        if waiting.leaf_id not in tried:
            tried.add(waiting.leaf_id)
            with translation.override(waiting.language or None):
                _try_to_send(waiting)


def _try_to_send(waiting: WaitingMessage) -> None:
    try:
        send(waiting)
    except NotNow:
        pass
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - others have their turn; the text may be a prompt
        if not runs.is_draining():  # otherwise another process will
            _later(waiting, *_reason_of(error))


def _reason_of(error: Exception) -> tuple[str, int | None]:
    """Why it was refused, and the seconds after which it is tried again: None to wait for the person."""
    match error:
        case Busy():
            return _("The site is busy."), error.retry_after
        case LimitReached():
            return str(error), error.retry_after or _LONGEST
        case TooLong():
            return _("The text is longer than the model can read. Shorten it."), None
        case ModelNotConfigured():
            return str(error), None
    logger.error("a waiting message could not be sent: %s", type(error).__name__)
    return _("It could not be sent yet."), _AFTER_A_FAULT


def _later(waiting: WaitingMessage, sentence: str, retry_after: int | None) -> None:
    """Let it wait on, for some time or for a person, and what is due behind it as well."""
    later = None if retry_after is None else Now() + timedelta(seconds=min(retry_after, _LONGEST))
    WaitingMessage.objects.filter(leaf=waiting.leaf).exclude(due=None).update(due=later)
    WaitingMessage.objects.filter(pk=waiting.pk).update(refusal=sentence[:REFUSAL_LENGTH])
