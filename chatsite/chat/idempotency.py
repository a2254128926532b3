"""One key, one message: a repeated request is answered with the reply that the first one has started.

Every form of the page carries a key, fresh for each page. A double click, a retry after a lost connection
and a form that is sent again by the back button repeat it, and must cost neither a second message nor a
second call of a model. The unique column `Message.key` decides, so that it holds across processes.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db import IntegrityError

from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Message
from streaming.runs import Busy


@dataclass(frozen=True, slots=True)
class Started:
    """A reply that a request has started, or that an earlier request with the same key had started."""

    reply: Message
    is_repeat: bool = False


def name_of(key: UUID | None, visitor: Visitor, *sent: object) -> UUID | None:
    """What the request is known by: its key together with who sent what.

    So the same key with another text is another message, and nobody gets at what another person's key
    has made. Without a key every request is a new one.
    """
    if key is None:
        return None
    sender = ("user", visitor.user.pk) if visitor.user else ("guest", visitor.guest)
    return uuid5(key, json.dumps([*sender, *sent], default=str))


def once(name: UUID | None, visitor: Visitor, start: Callable[[], Message]) -> Started:
    """Start a reply with `start()`, unless a request of this name has started one: then return that.

    `start` stores the name with the reply. Of requests that come at the same time one can, and the database
    refuses the others when its transaction is over (`IntegrityError`), or they find that the first one has
    taken the last place (`Busy`, `LimitReached`). Either way they look again.
    """
    if first := _first(name, visitor):
        return Started(first, is_repeat=True)
    try:
        return Started(start())
    except (IntegrityError, Busy, LimitReached):
        if first := _first(name, visitor):
            return Started(first, is_repeat=True)
        raise


def _first(name: UUID | None, visitor: Visitor) -> Message | None:
    """Raises `Message.DoesNotExist` if there is one, and the visitor has deleted it."""
    if name is None or not Message.objects.filter(key=name).exists():  # mostly, and soon said
        return None
    return Message.objects.for_visitor(visitor).get(key=name)
