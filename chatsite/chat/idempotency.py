"""One key, one message: a request that comes again is answered with what it made the first time.

Every form of the page carries a key, fresh for each page. A double click, a retry after a lost connection
and a form that is sent again by the back button repeat it, and must cost neither a second message nor a
second call of a model. The unique column `Message.key` decides, so that it holds across processes.
"""

import json
from collections.abc import Callable
from uuid import UUID, uuid5

from django.db import IntegrityError

from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Message
from streaming.admission import Busy


def name_of(key: UUID | None, visitor: Visitor, *sent: object) -> UUID | None:
    """What the request is known by: its key together with who sent what.

    So the same key with another text is another message, and nobody gets at what another person's key
    has made. Without a key every request is a new one.
    """
    if key is None:
        return None
    who = ("user", visitor.user.pk) if visitor.user else ("guest", visitor.guest)
    return uuid5(key, json.dumps([*who, *sent], default=str))


def once(name: UUID | None, visitor: Visitor, start: Callable[[], Message]) -> Message:
    """The reply that the first request of this name has started; `start()` makes it if this is the first.

    `start` stores the name with the reply. Of requests that come at the same time one does, and the
    others are told so by the database when its transaction is over (`IntegrityError`), or find that the
    first one has taken the last place (`Busy`). Either way they look again.
    """
    if name is None:
        return start()
    if first := _first(name, visitor):
        return first
    try:
        return start()
    except (IntegrityError, Busy):
        if first := _first(name, visitor):
            return first
        raise


def _first(name: UUID, visitor: Visitor) -> Message | None:
    found = Message.objects.for_visitor(visitor).filter(key=name).first()
    if found is not None:
        found.is_repeated = True
    return found
