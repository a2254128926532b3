"""The stream that tells one browser of changes, and its place, which it has only while nobody else needs it.

A reader of a reply always comes first: streams of lists have a quarter of the room for streams, as far as
readers leave it, and the newest ones leave it again when readers need it.
"""

import time
from collections.abc import Iterator
from functools import partial

from chatsite.accounts.presence import while_here
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.live.changes import Listener, changes
from streaming import EventStreamResponse, Frame, admission, runs
from streaming.admission import Admission, Busy, Place
from streaming.events import IDLE, Idle

BROWSERS = 4
"""Streams of one person in a process: each of their browsers has one."""
CHANGED = Frame("changed", "{}")
_TOGETHER = 0.2
"""Seconds in which changes become one: a reply that ends before its reader's eyes is news for a moment."""

lists = Admission()
"""The streams of this process."""


def place_for(visitor: Visitor) -> Place:
    """Take a place for a stream. Raises `Busy` if there is none now, or the person has enough of them."""
    if runs.is_draining() or not _room() > 0:
        raise Busy
    return lists.enter(owner=visitor, most=BROWSERS, of=max(1, admission.limit() // 4))


def _room() -> int:
    """How many more there may be. Below zero, so many have to leave."""
    return admission.limit() - admission.readers.count - lists.count


def response(request: VisitorRequest, place: Place) -> EventStreamResponse:
    """Send an event for each change, as long as the visitor's session lasts. The response takes over the
    place, and leaves it when it is closed."""
    events = _Events(changes.listen(request.visitor))
    here = partial(while_here, request, request.visitor)
    answer = EventStreamResponse(events, presenter=here, on_close=place.leave)
    place.hand_over()
    return answer


class _Events:
    """What a listener hears, with ticks."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def ticking(self, tick: float) -> Iterator[Frame | Idle]:
        """The first event comes at once: what the page shows may be old."""
        yield CHANGED
        while not runs.is_draining() and _room() >= 0:
            if self._listener.changed.wait(tick):
                time.sleep(_TOGETHER)
                self._listener.changed.clear()
                yield CHANGED
            else:
                yield IDLE

    def __iter__(self) -> Iterator[Frame | Idle]:
        return self.ticking(1.0)

    def close(self) -> None:
        changes.leave(self._listener)
