"""The page, and what it does: send, regenerate, follow, stop."""

import re
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from chatsite.accounts.decorators import P, View, for_visitors
from chatsite.accounts.visitor import Visitor, known_visitor_of, visitor_of
from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.assistants.registry import assistants, default_assistant, get_assistant
from chatsite.chat import replies
from chatsite.chat.blocks import with_blocks
from chatsite.chat.forms import MessageForm
from chatsite.chat.history import TooLong
from chatsite.chat.models import Conversation, Message
from chatsite.errors import busy, error, wants_events
from chatsite.see_other import SeeOther
from streaming import admission, runs
from streaming.admission import Busy, Place
from streaming.http import TICK, EventStreamResponse
from streaming.runs import Run

RECENT = 50
"""Conversations in the list beside the page."""
READERS = 12
"""Streams that one person may read at once: a browser opens six, and there may be two."""


def _refusals(view: View[P]) -> View[P]:
    """Answers for what the steps of a view refuse."""

    @for_visitors
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
            return _not_allowed(request, response) if response.status_code == 405 else response
        except Busy as exc:
            return busy(request, retry_after=exc.retry_after)
        except TooLong:
            return error(request, 400, "too_long", "The text is longer than the model can read. Shorten it.")
        except ModelNotConfigured as exc:
            return error(request, 503, "no_model", str(exc))

    return answer


@_refusals
@require_GET
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """A new conversation."""
    return _page(request, visitor_of(request), None)


@_refusals
@require_GET
@never_cache
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation; a reply that is being written has its text so far."""
    visitor = visitor_of(request)
    found = Conversation.objects.for_visitor(visitor).filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    return _page(request, visitor, found)


@_refusals
@require_POST
def send(request: HttpRequest) -> HttpResponseBase:
    """Take a message, and answer with the reply's events or with the way to its page."""
    form = MessageForm(request, visitor_of(request))
    if not form.is_valid():
        code, message = form.first_error
        return error(request, 404 if code == "not_found" else 400, code, message)
    visitor = known_visitor_of(request)
    return _answer(request, visitor, lambda: replies.send(**form.cleaned_data, visitor=visitor))


@_refusals
@require_POST
def regenerate(request: HttpRequest, message_id: UUID) -> HttpResponseBase:
    """Another reply beside this one."""
    visitor = visitor_of(request)
    message = Message.objects.for_visitor(visitor).filter(pk=message_id).first()
    if message is None:
        raise Http404
    if message.role != Message.Role.ASSISTANT:
        return error(request, 400, "not_a_reply", "Only a reply can be regenerated.")
    return _answer(request, visitor, lambda: replies.regenerate(message, visitor=visitor))


@_refusals
@require_GET
@never_cache
def events(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    """The run's events after the last one that the reader has; 204 when no more will come."""
    visitor = visitor_of(request)
    _reply_of(run_id, visitor)
    run = runs.get(run_id)
    if run is None:
        return HttpResponse(status=204)
    last = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not re.fullmatch(r"[0-9]{1,18}", last) or int(last) > run.log.last_id:
        return error(request, 400, "bad_event_id", "There is no event of that number. Reload the page.")
    if run.log.ended and int(last) == run.log.last_id:
        return HttpResponse(status=204)
    return _stream(request, run, after=int(last), place=_reader(visitor))


@_refusals
@require_POST
def stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """End the run. Stopping what has ended changes nothing."""
    reply = _reply_of(run_id, visitor_of(request))
    if (run := runs.get(run_id)) is not None:
        run.stop()
    if "text/html" in request.headers.get("Accept", ""):
        return SeeOther(reply.conversation.get_absolute_url())
    return HttpResponse(status=204)


def _not_allowed(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    told = error(request, 405, "method_not_allowed", f"This address takes {response['Allow']} only.")
    told["Allow"] = response["Allow"]
    return told


def _page(request: HttpRequest, visitor: Visitor, current: Conversation | None) -> HttpResponse:
    chosen = current.assistant if current else request.GET.get("assistant", "")
    context = {
        "conversation": current,
        "conversations": Conversation.objects.for_visitor(visitor)[:RECENT],
        "chat_messages": replies.with_text_so_far(current.path()) if current else [],
        "assistant": get_assistant(chosen) or default_assistant(),
        "assistants": assistants().values(),
        "max_length": settings.CHAT_MAX_LENGTH,
    }
    return render(request, "chat/page.html", context)


def _reply_of(run_id: UUID, visitor: Visitor) -> Message:
    reply = Message.objects.for_visitor(visitor).filter(run_id=run_id).first()
    if reply is None:
        raise Http404
    return reply


def _reader(visitor: Visitor) -> Place:
    return admission.readers.enter(owner=visitor, most=READERS)


def _answer(request: HttpRequest, visitor: Visitor, start: Callable[[], Message]) -> HttpResponseBase:
    """Start a reply, and send its events or the way to its page. A reader without a place starts none."""
    if not wants_events(request):
        return SeeOther(start().conversation.get_absolute_url())
    place = _reader(visitor)
    try:
        reply = start()
    except BaseException:
        place.leave()
        raise
    if (run := runs.get(reply.run_id)) is None:
        place.leave()
        return SeeOther(reply.conversation.get_absolute_url())
    return _stream(request, run, after=0, place=place)


def _stream(request: HttpRequest, run: Run, *, after: int, place: Place) -> EventStreamResponse:
    """The run's events after one, in the reader's place. It is left when the response is closed."""
    live = runs.follow(run, after=after, tick=TICK)
    if request.GET.get("html") == "1":
        live = with_blocks(live, text=run.log.text(up_to=after))
    return EventStreamResponse(live, on_close=place.leave)
