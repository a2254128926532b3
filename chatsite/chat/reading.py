"""One reader of a run: its place in this process, the last event that it has, and the rest of the events."""

import re
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from chatsite.accounts import limits
from chatsite.accounts.presence import while_here
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import error
from chatsite.chat import news, told
from chatsite.chat.models import Message
from chatsite.chat.rendering.blocks import Shown, with_blocks
from chatsite.chat.rendering.growing import OpenBlock
from streaming import EventStreamResponse, admission
from streaming.admission import Place, TooMany
from streaming.events import Event, Idle, Reset
from streaming.runs import EventLog

READERS = 12
"""Streams that one person may read at once in a process: a browser opens six, and there may be two."""


def reader_place(visitor: Visitor) -> Place:
    """Take a place for a reader. Raises `LimitReached` if the visitor has as many as one person may have, and
    `Busy` if the process has none left."""
    try:
        return admission.readers.enter(owner=visitor, most=READERS)
    except TooMany:
        raise limits.too_many("readers", limits.name_of(visitor), most=READERS) from None


def last_seen(request: HttpRequest) -> int | None:
    """The number of the last event that the reader has: 0 if the request has none, None if it is invalid."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    return int(last) if re.fullmatch(r"[0-9]{1,18}", last) else None


def stream(
    request: VisitorRequest, log: EventLog, reply: Message, *, after: int, place: Place
) -> EventStreamResponse:
    """Send the run's events after one. The response takes over the place, and leaves it when it is closed."""

    def here(events: Iterable[Event | Idle]) -> Iterator[Event | Idle]:
        return news.seen_by_reader(while_here(request, request.visitor, events), reply, request.visitor)

    text, owner = log.text(up_to=after), reply.conversation.owner

    in_language = told.in_language_of_request()

    def html(events: Iterable[Event | Idle]) -> Iterable[Shown]:
        open_block = OpenBlock() if request.GET.get("open") == "1" else None
        return in_language(with_blocks(here(events), text=text, owner=owner, open_block=open_block))

    presenter = html if request.GET.get("html") == "1" else here
    response = EventStreamResponse(log.follow(after=after), presenter=presenter, on_close=place.leave)
    place.hand_over()
    return response


def reset(reply: Message) -> EventStreamResponse:
    """Tell the reader that the events are gone, and which reply to ask for instead."""
    return EventStreamResponse([Reset(message=str(reply.pk))])


def bad_event_id(request: HttpRequest) -> HttpResponse:
    """Refuse the number of an event that does not exist."""
    return error(request, 400, "bad_event_id", _("There is no event of that number. Reload the page."))
