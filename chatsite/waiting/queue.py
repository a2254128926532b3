"""What waits in a conversation: put there, shown, and brought to the front."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils.translation import get_language

from chatsite.accounts import limits
from chatsite.accounts.visitor import Visitor, one_at_a_time
from chatsite.chat import history, replies
from chatsite.chat.history import TooLong
from chatsite.chat.models import Conversation, Message
from chatsite.chat.path import ids_below
from chatsite.preferences.in_force import in_force
from chatsite.preferences.models import OfConversation
from chatsite.waiting import sending
from chatsite.waiting.models import WaitingMessage
from chatsite.waiting.sender import sender
from streaming import runs

MOST = 5
"""Messages that wait in one conversation."""
MOST_OF_A_PERSON = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One that waits, and for what: a `reply`, its `turn`, or a `person`."""

    message: WaitingMessage
    state: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A message's place in a queue: what the reply before it answers, and when it is due, if it is."""

    question: UUID
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits in a conversation, the next one first, and a `version` of that: another one whenever there
    is something else to show."""

    messages: Sequence[Shown] = ()
    version: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether one of them is about to be sent."""
        return any(one.state == "turn" for one in self.messages)


NOTHING_WAITS = Queue()


def of(conversation: Conversation) -> Queue:
    """What waits in the conversation: one query, mostly.

    To be asked before its messages are: one that is sent meanwhile is then shown twice for a moment, and with
    a version that is none; the other way round it would be shown nowhere.
    """
    waiting = list(WaitingMessage.objects.filter(conversation=conversation))
    if not waiting:
        return NOTHING_WAITS
    going_on = Message.objects.unfinished().filter(parent__in={one.leaf_id for one in waiting})
    questions = set(going_on.values_list("parent", flat=True))
    shown = [Shown(one, _state_of(one, questions)) for one in waiting]
    seen = [(one.message.pk, one.message.text, one.message.refusal, one.state) for one in shown]
    return Queue(shown, "-" + hashlib.blake2s(repr(seen).encode(), digest_size=8).hexdigest())


def _state_of(waiting: WaitingMessage, questions: set[UUID | None]) -> str:
    if waiting.leaf_id in questions:
        return "reply"
    return "person" if waiting.due is None else "turn"


def put(
    text: str,
    *,
    visitor: Visitor,
    conversation: Conversation | None,
    assistant: str,
    parent: Message | None = None,
    edited: Message | None = None,
    leaf: Message | None = None,
    option: str = "",
    temporary: bool = False,
    model: str = "",
    key: UUID | None = None,
) -> WaitingMessage | None:
    """Let a message wait, if a reply is being written at the end of its branch, or others wait there for
    their turn. None if it need not, or was sent before. Repeated with the same key it is there once. `model`
    answers in the conversation from now on.

    Raises `TooLong`, `LimitReached`.
    """
    if conversation is None or parent is not None or edited is not None:
        return None
    if not history.reach_of([Message(role=Message.Role.USER, content=text)]).sent:
        raise TooLong
    name = replies.known_by(key, visitor, conversation, parent, assistant, option, text)
    with transaction.atomic():
        one_at_a_time(visitor)
        if name is not None:
            if first := WaitingMessage.objects.filter(pk=name).first():
                return first
            if Message.objects.filter(key=name).exists():
                return None
        if (place := _place(conversation, leaf)) is None:
            return None
        _require_room(conversation, visitor)
        if model and model != in_force(visitor, conversation.pk).all.model_name:
            OfConversation.keep_model(conversation, model)
        return WaitingMessage.objects.create(
            pk=name or uuid4(),
            conversation=conversation,
            leaf_id=place.question,
            text=text,
            option=option,
            language=get_language() or "",
            due=place.due,
        )


def _place(conversation: Conversation, leaf: Message | None) -> _Place | None:
    """Behind what a message has to wait, if it has to."""
    branch = conversation.messages.order_by("created")
    if leaf is not None:
        branch = branch.filter(pk__in=ids_below(Message.objects.filter(pk=leaf.pk).order_by()))
    for pk in reversed(branch.unfinished().values_list("pk", flat=True)):
        # Locked: it ends after this message is stored, and that is told of its end, or has ended. Never two
        # at once: their process stores the ends of both in any order.
        reply = Message.objects.unfinished().filter(pk=pk).select_for_update(no_key=True).first()
        if reply is not None and reply.parent_id is not None:
            return _Place(reply.parent_id)
    due = WaitingMessage.objects.filter(conversation=conversation).exclude(due=None)
    if leaf is not None:
        due = due.filter(Q(leaf__in=branch.values("pk")) | Q(leaf=leaf.parent_id))
    return _Place(last.leaf_id, last.due) if (last := due.last()) else None


def _require_room(conversation: Conversation, visitor: Visitor) -> None:
    who = limits.name_of(visitor)
    if WaitingMessage.objects.filter(conversation=conversation).count() >= MOST:
        raise limits.too_many("waiting", who, most=MOST)
    if WaitingMessage.objects.for_visitor(visitor).count() >= MOST_OF_A_PERSON:
        raise limits.too_many("waiting_in_all", who, most=MOST_OF_A_PERSON)


def send_now(waiting: WaitingMessage) -> None:
    """Send it before all others. A reply that is being written in its branch is stopped, and it is sent then.

    Raises `NotNow`, and what `replies.send` does.
    """
    going_on = sending.going_on_below(waiting.leaf)
    if not going_on:
        sending.send(waiting)
        return
    before = WaitingMessage.objects.filter(conversation=waiting.conversation).aggregate(first=Min("turn"))
    turn = before["first"] and before["first"] - timedelta(milliseconds=1)
    # Stored before Stop is asked for, and by itself: the end of the reply changes both in another order.
    if not WaitingMessage.objects.filter(pk=waiting.pk).update(due=Now(), turn=turn or Now(), refusal=""):
        raise sending.NotNow
    for reply in going_on:
        runs.stop(reply.run)
    sender.wake()  # they may have ended meanwhile
