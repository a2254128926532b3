"""Takes an image that is to be sent: has it drawn anew, and stores it until it is sent, or for a day."""

import hashlib

from django.db import connection, transaction
from django.utils import timezone

from chatsite.accounts import limits
from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor, one_at_a_time
from chatsite.images import pictures
from chatsite.images.models import UNSENT_FOR, Image
from streaming import admission
from streaming.admission import Admission, Place, TooMany

AT_ONCE = 4
"""Images that one process has in hand, also those that wait for their turn: each holds a thread."""
EACH = 2
"""Of these, images of one person."""

_in_hand = Admission()


def add(name: str, content: bytes, *, visitor: Visitor) -> Image:
    """Store the image that is in a file. Raises `Unreadable`, `LimitReached`, and `Busy` where the process
    has too many in hand."""
    digest = hashlib.sha256(content).hexdigest()
    with _place(visitor):
        Allowance(visitor).take("uploads")  # also of one that is refused: it is read before
        pictures.require_room(visitor, 1)
        if not connection.in_atomic_block:
            connection.close()  # none is held while it is drawn
        picture = pictures.draw(name, content, digest=digest, owner=visitor)
        with transaction.atomic():
            one_at_a_time(visitor)
            pictures.require_room(visitor, len(picture.content))
            expires = timezone.now() + UNSENT_FOR
            return picture.store(user=visitor.user, guest=visitor.guest, expires=expires)


def _place(visitor: Visitor) -> Place:
    """A place for one more image. Nobody waits for it."""
    places = max(1, min(AT_ONCE, admission.limit() // 10))
    try:
        return _in_hand.enter(owner=visitor, most=EACH, of=places)
    except TooMany:
        raise limits.too_many("files", limits.name_of(visitor), most=EACH) from None
