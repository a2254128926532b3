"""The page, and what it asks for: send, regenerate, go on, follow, stop."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from chatsite.accounts.decorators import P, View, for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.visitor import Visitor, VisitorRequest, can_sign_in
from chatsite.answers import SeeOther, busy, error, wants_events
from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.assistants.registry import assistants, default_assistant, get_assistant
from chatsite.chat import history, listing, reading, rendered, replies, siblings
from chatsite.chat.forms import KeyForm, MessageForm
from chatsite.chat.history import TooLong
from chatsite.chat.idempotency import Started
from chatsite.chat.models import LENGTH_LIMITS, TITLE_LENGTH, Conversation, Message
from chatsite.chat.replies import CannotGoOn
from chatsite.chat.templatetags.json_values import DEEPEST
from streaming import runs
from streaming.admission import Place
from streaming.runs import Busy, Pruned, UnknownRun

PAGE_MESSAGES = 60
"""Messages on a page: the newest ones, or those before another page's."""
PAGE_CHARACTERS = 200_000
"""Of the messages on a page: of fewer messages, if they are long. As HTML they are several times as many."""


def _refusals(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets visitors in, and answers what the steps of the view refuse."""

    @for_visitors
    @wraps(view)
    def answer(request: VisitorRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Busy as exc:
            # A process that ends is replaced at once: there is another, or will be in a moment.
            return busy(request, retry_after=1 if runs.is_draining() else exc.retry_after)
        except (Conversation.DoesNotExist, Message.DoesNotExist):  # deleted since the form was read
            raise Http404 from None
        except TooLong:
            return error(request, 400, "too_long", "The text is longer than the model can read. Shorten it.")
        except CannotGoOn:
            return error(request, 400, "cannot_continue", "Only a reply that was cut short can be continued.")
        except ModelNotConfigured as exc:
            return error(request, 503, "no_model", str(exc))

    return answer


@_refusals
@require_safe
@never_cache
def page(request: VisitorRequest) -> HttpResponse:
    """Show the page of a new conversation."""
    return _page(request, request.visitor, None, [])


@_refusals
@require_safe
@never_cache
def conversation(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Show one conversation, or its branch with the message `leaf`: the newest messages, those before the one
    that the link to earlier ones has, or those at one that a search has found.

    A reply that is being written has its text so far.
    """
    visitor = request.visitor
    found = Conversation.objects.for_visitor(visitor).filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    if "until" in request.GET:
        return _at(request, found, _message(found, request.GET["until"]))
    leaf = _message(found, request.GET["leaf"]) if "leaf" in request.GET else None
    if "before" in request.GET:
        earlier = _path(found, _before(found, request.GET["before"]))
        return _page(request, visitor, found, earlier, leaf=leaf, is_earlier=True)
    version = f'"{found.version(below=leaf)}"'
    if (unchanged := get_conditional_response(request, etag=version)) is not None:
        return unchanged
    response = _page(request, visitor, found, _path(found, below=leaf), leaf=leaf)
    response["ETag"] = version
    return response


@_refusals
@require_safe
@never_cache
def source(request: VisitorRequest, message_id: UUID) -> HttpResponse:
    """Send what the model wrote, as it wrote it: Markdown, to be copied."""
    found = Message.objects.for_visitor(request.visitor).filter(pk=message_id).first()
    if found is None:
        raise Http404
    return HttpResponse(found.content, content_type="text/plain; charset=utf-8")


@_refusals
@require_POST
def send(request: VisitorRequest) -> HttpResponseBase:
    """Take a message, and answer with the reply's events or with the way to its page."""
    form = MessageForm(request, request.visitor)
    if not form.is_valid():
        code, message = form.first_error
        return error(request, 404 if code == "not_found" else 400, code, message)
    visitor = known_visitor_of(request)
    return _answer(request, visitor, lambda: replies.send(**form.cleaned_data, visitor=visitor))


@_refusals
@require_POST
def regenerate(request: VisitorRequest, message_id: UUID) -> HttpResponseBase:
    """Start another reply beside this one."""
    return _another(request, message_id, replies.regenerate)


@_refusals
@require_POST
def go_on(request: VisitorRequest, message_id: UUID) -> HttpResponseBase:
    """Start another reply beside this one, which goes on where this one was cut short."""
    try:
        return _another(request, message_id, replies.go_on)
    except TooLong:
        message = "The reply is so long that the model cannot read it and go on with it. Regenerate it."
        return error(request, 400, "too_long", message)


@_refusals
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


@_refusals
@require_POST
def stop(request: VisitorRequest, run_id: UUID) -> HttpResponse:
    """End the run. Nothing changes if it has ended."""
    reply = _reply_of(run_id, request.visitor)
    runs.stop(run_id)
    if "text/html" in request.headers.get("Accept", ""):
        return SeeOther(reply.get_absolute_url())
    return HttpResponse(status=204)


def _at(request: VisitorRequest, conversation: Conversation, message: Message) -> HttpResponse:
    """The branch with the message, where that is: the newest messages if it is one of them, or up to it."""
    if message in _path(conversation, below=message):
        return HttpResponseRedirect(conversation.get_absolute_url(leaf=message.pk))
    path = _path(conversation, message)
    return _page(request, request.visitor, conversation, path, leaf=message, is_earlier=True)


def _path(
    conversation: Conversation, leaf: Message | None = None, *, below: Message | None = None
) -> list[Message]:
    """The last messages of the path, as many as one page shows."""
    return conversation.path(leaf, below=below, characters=PAGE_CHARACTERS, most=PAGE_MESSAGES)


def _before(conversation: Conversation, message: str) -> Message:
    """The message before that one."""
    if (parent := _message(conversation, message).parent) is None:
        raise Http404
    return parent


def _message(conversation: Conversation, message: str) -> Message:
    try:
        found = conversation.messages.filter(pk=UUID(message)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _page(
    request: VisitorRequest,
    visitor: Visitor,
    current: Conversation | None,
    path: list[Message],
    *,
    leaf: Message | None = None,
    is_earlier: bool = False,
) -> HttpResponse:
    """The page with these messages, of the branch with `leaf` if one was asked for."""
    chosen = current.assistant if current else request.GET.get("assistant", "")
    listed = Conversation.objects.for_visitor(visitor).listed().filter(is_archived=False)[: listing.RECENT]
    if not is_earlier:
        history.mark_reach(path)
    asked = (message for message in reversed(path) if message.role == Message.Role.USER)
    leaf = leaf or next(asked, None)
    if current:
        siblings.add(current, path)
    context = {
        "conversation": current,
        "groups": listing.grouped(listed, with_today=True),
        "message_count": current.messages.count() if current else 0,
        "chat_messages": rendered.with_html(replies.with_text_so_far(path)),
        "is_temporary": bool(current.expires) if current else "temporary" in request.GET,
        "is_earlier": is_earlier,
        # The page stays in the branch that it shows, whatever is written elsewhere.
        "leaf": leaf,
        "newest": leaf if is_earlier or not path else path[-1],
        "assistant": get_assistant(chosen) or default_assistant(),
        "assistants": assistants().values(),
        "can_sign_in": can_sign_in(visitor),
        "is_small": settings.CHAT_LOCAL_MODEL,
        "key": uuid4(),
        "max_length": settings.CHAT_MAX_LENGTH,
        # For the page's script, as data- attributes.
        "title_length": TITLE_LENGTH,
        "length_limits": " ".join(LENGTH_LIMITS),
        "deepest": DEEPEST,
    }
    return render(request, "chat/page.html", context)


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
        return error(request, 400, "not_a_reply", "That can only be done with a reply.")
    form = KeyForm(request.POST)
    if not form.is_valid():
        return error(request, 400, *form.first_error)
    return _answer(request, visitor, lambda: start(message, visitor=visitor, **form.cleaned_data))


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
