"""What a person can do with messages that wait: see them, change one, remove it, have it sent now."""

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther, error
from chatsite.chat.forms import TextForm
from chatsite.chat.models import Conversation
from chatsite.chat.refusals import with_refusals
from chatsite.waiting import queue
from chatsite.waiting.models import WaitingMessage
from chatsite.waiting.sending import NotNow


@for_visitors
@require_safe
@never_cache
def waiting(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Send the part of the page with what waits in a conversation, by itself."""
    found = Conversation.objects.for_visitor(request.visitor).filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    return render(request, "waiting/queue.html", {"conversation": found, "queue": queue.of(found)})


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: VisitorRequest, waiting_id: UUID) -> HttpResponse:
    """Show a form with what it says, for browsers without script; take what it is to say."""
    found = _own(request.visitor, waiting_id)
    if found is None:
        return _gone(request)
    if request.method != "POST":
        return render(request, "waiting/edit.html", {"waiting": found})
    form = TextForm(request)
    if not form.is_valid():
        return error(request, 400, *form.first_error)
    changed = WaitingMessage.objects.filter(pk=found.pk).update(text=form.cleaned_data["text"], refusal="")
    return _done(request, found) if changed else _gone(request)


@for_visitors
@require_POST
def remove(request: VisitorRequest, waiting_id: UUID) -> HttpResponse:
    """Let it not be sent."""
    found = _own(request.visitor, waiting_id)
    if found is None or not _remove(found):
        return _gone(request)
    return _done(request, found)


@with_refusals
@require_POST
def now(request: VisitorRequest, waiting_id: UUID) -> HttpResponse:
    """Send it before all others; the reply that it waits for is stopped."""
    found = _own(request.visitor, waiting_id)
    if found is None:
        return _gone(request)
    try:
        queue.send_now(found)
    except NotNow:
        return _gone(request)
    return _done(request, found)


def _own(visitor: Visitor, waiting_id: UUID) -> WaitingMessage | None:
    own = WaitingMessage.objects.for_visitor(visitor)
    return own.select_related("conversation__user", "leaf").filter(pk=waiting_id).first()


def _remove(found: WaitingMessage) -> bool:
    """Whether it still waited. Locked: it may be sent at the same moment, and is one or the other."""
    with transaction.atomic():
        there = WaitingMessage.objects.select_for_update().filter(pk=found.pk).first()
        return there is not None and bool(there.delete()[0])


def _done(request: HttpRequest, found: WaitingMessage) -> HttpResponse:
    if "text/html" in request.headers.get("Accept", ""):
        return SeeOther(found.conversation.get_absolute_url(leaf=found.leaf_id))
    return HttpResponse(status=204)


def _gone(request: HttpRequest) -> HttpResponse:
    message = _("That message does not wait any more: it was sent, or removed.")
    return error(request, 404, "not_found", message)
