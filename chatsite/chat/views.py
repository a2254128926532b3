"""What the page asks for: send, regenerate, go on, follow, stop."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther, error, wants_events
from chatsite.chat import reading, replies
from chatsite.chat.forms import KeyForm, MessageForm
from chatsite.chat.history import TooLong
from chatsite.chat.idempotency import Started
from chatsite.chat.models import Message
from chatsite.chat.refusals import with_refusals
from chatsite.images import uploads
from chatsite.waiting import queue
from chatsite.waiting.models import WaitingMessage
from streaming import runs
from streaming.admission import Place
from streaming.runs import Busy, Pruned, UnknownRun

_STATUS = {"not_found": 404, "too_large": 413}
"""Of messages that are refused; the others are 400."""


@with_refusals
@require_safe
@never_cache
def source(request: VisitorRequest, message_id: UUID) -> HttpResponse:
    """Send what the model wrote, as it wrote it: Markdown, to be copied."""
    found = Message.objects.for_visitor(request.visitor).filter(pk=message_id).first()
    if found is None:
        raise Http404
    return HttpResponse(found.content, content_type="text/plain; charset=utf-8")


@with_refusals
@require_POST
def send(request: VisitorRequest) -> HttpResponseBase:
    """Take a message, and answer with the reply's events or with the way to its page. One that may `wait` is
    sent when the reply is done that is being written."""
    form = MessageForm(request, request.visitor)
    if not form.is_valid():
        code, message = form.first_error
        return error(request, _STATUS.get(code, 400), code, message)
    visitor = known_visitor_of(request)
    fields = form.cleaned_data
    images, may_wait = fields.pop("images"), fields.pop("wait")
    for file in fields.pop("pictures"):
        images.append(uploads.add(file.name, file.read(), visitor=visitor))
    if may_wait and not images and (waiting := queue.put(**fields, visitor=visitor)) is not None:
        return _waits(request, waiting)
    return _answer(request, visitor, lambda: replies.send(**fields, images=images, visitor=visitor))


@with_refusals
@require_POST
def regenerate(request: VisitorRequest, message_id: UUID) -> HttpResponseBase:
    """Start another reply beside this one."""
    return _another(request, message_id, replies.regenerate)


@with_refusals
@require_POST
def go_on(request: VisitorRequest, message_id: UUID) -> HttpResponseBase:
    """Start another reply beside this one, which goes on where this one was cut short."""
    try:
        return _another(request, message_id, replies.go_on)
    except TooLong:
        message = _("The reply is so long that the model cannot read it and go on with it. Regenerate it.")
        return error(request, 400, "too_long", message)


@with_refusals
@require_GET
@never_cache
def events(request: VisitorRequest, run_id: UUID) -> HttpResponseBase:
    """Send the run's events after the last one that the reader has; 204 when no more will come."""
    reply = _reply_of(run_id, request.visitor)
    if runs.is_draining():
        raise Busy
    after = reading.last_seen(request)
    try:
        log = runs.log(run_id)
    except Pruned as exc:
        return reading.reset(reply) if after != exc.last_id else HttpResponse(status=204)
    except UnknownRun:  # it is older than the log
        return HttpResponse(status=204)
    if after is None or not log.has(after):
        return reading.bad_event_id(request)
    if log.ended and after == log.last_id:
        return HttpResponse(status=204)
    with reading.reader_place(request.visitor) as place:
        return reading.stream(request, log, reply, after=after, place=place)


@with_refusals
@require_POST
def stop(request: VisitorRequest, run_id: UUID) -> HttpResponse:
    """End the run. Nothing changes if it has ended."""
    reply = _reply_of(run_id, request.visitor)
    runs.stop(run_id)
    if "text/html" in request.headers.get("Accept", ""):
        return SeeOther(reply.get_absolute_url())
    return HttpResponse(status=204)


def _reply_of(run_id: UUID, visitor: Visitor) -> Message:
    reply = Message.objects.for_visitor(visitor).filter(run_id=run_id).first()
    if reply is None:
        raise Http404
    return reply


def _another(request: VisitorRequest, message_id: UUID, start: Callable[..., Started]) -> HttpResponseBase:
    visitor = request.visitor
    message = Message.objects.for_visitor(visitor).filter(pk=message_id).first()
    if message is None:
        raise Http404
    if message.role != Message.Role.ASSISTANT:
        return error(request, 400, "not_a_reply", _("That can only be done with a reply."))
    form = KeyForm(request.POST)
    if not form.is_valid():
        return error(request, 400, *form.first_error)
    return _answer(request, visitor, lambda: start(message, visitor=visitor, **form.cleaned_data))


def _waits(request: VisitorRequest, waiting: WaitingMessage) -> HttpResponse:
    """Say that it was taken, and waits."""
    if not (wants_events(request) or "application/json" in request.headers.get("Accept", "")):
        return SeeOther(waiting.conversation.get_absolute_url(leaf=waiting.leaf_id))
    return JsonResponse({"waiting": waiting.pk, "conversation": waiting.conversation_id}, status=201)


def _answer(request: VisitorRequest, visitor: Visitor, start: Callable[[], Started]) -> HttpResponseBase:
    """Start a reply, and send its events or the way to its page. A reader without a place starts none."""
    if not wants_events(request):
        return SeeOther(start().reply.get_absolute_url())
    with reading.reader_place(visitor) as place:
        return _stream_of(request, start(), place)


def _stream_of(request: VisitorRequest, started: Started, place: Place) -> HttpResponseBase:
    """Send the reply's events: all of them, or, for a repeated request, those that the reader lacks."""
    try:
        log = runs.log(started.reply.run)
    except LookupError:  # a repeated request, long after the end
        return SeeOther(started.reply.get_absolute_url())
    after = reading.last_seen(request) if started.is_repeat else 0
    if after is None or not log.has(after):
        return reading.bad_event_id(request)
    response = reading.stream(request, log, started.reply, after=after, place=place)
    response["Content-Location"] = started.reply.get_absolute_url()
    return response
