"""The page of a reply: what it has taken, and what its reader thinks of it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther, error
from chatsite.chat.models import Message
from chatsite.feedback.facts import context_of, facts_of
from chatsite.feedback.forms import OpinionForm
from chatsite.feedback.models import COMMENT_LENGTH, Opinion


@for_visitors
@require_safe
@never_cache
def details(request: VisitorRequest, message_id: UUID) -> HttpResponse:
    """Show what is known of a reply, and the form for what its reader thinks of it."""
    return _page(request, _reply(request.visitor, message_id))


@for_visitors
@require_POST
def think(request: VisitorRequest, message_id: UUID) -> HttpResponse:
    """Keep what a person thinks of a reply, in the place of what they thought before."""
    reply = _reply(request.visitor, message_id)
    form = OpinionForm(request.POST)
    if not form.is_valid():
        code, message = form.first_error
        if "application/json" in request.headers.get("Accept", ""):
            return error(request, 400, code, message)
        return _page(request, reply, status=400, refusal=message)
    values = {"is_good": form.cleaned_data["good"] == "yes"}
    if "comment" in request.POST:  # a press below the reply leaves it as it is
        values["comment"] = form.cleaned_data["comment"]
    Opinion.objects.update_or_create(message=reply, defaults=values)
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=204)
    messages.success(request, _("What you think of the reply was kept."))
    return SeeOther(reverse("feedback:details", args=[reply.pk]))


@for_visitors
@require_POST
def forget(request: VisitorRequest, message_id: UUID) -> HttpResponse:
    """Forget what a person thought of a reply."""
    reply = _reply(request.visitor, message_id)
    Opinion.objects.filter(message=reply).delete()
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=204)
    messages.success(request, _("What you thought of the reply was forgotten."))
    return SeeOther(reverse("feedback:details", args=[reply.pk]))


def _reply(visitor: Visitor, message_id: UUID) -> Message:
    replies = Message.objects.for_visitor(visitor).filter(role=Message.Role.ASSISTANT)
    found = replies.filter(pk=message_id).first()
    if found is None:
        raise Http404
    return found


def _page(request: VisitorRequest, reply: Message, *, status: int = 200, refusal: str = "") -> HttpResponse:
    opinion = Opinion.objects.filter(message=reply).first()
    context = {
        "reply": reply,
        "facts": [*facts_of(reply), (_("Context"), context_of(reply, request.visitor))],
        "opinion": opinion,
        "comment": request.POST.get("comment", opinion.comment if opinion else ""),
        "comment_length": COMMENT_LENGTH,
        "refusal": refusal,
    }
    return render(request, "feedback/details.html", context, status=status)
