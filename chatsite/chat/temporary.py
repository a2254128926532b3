"""Temporary conversations: in no list, and gone within a day, or when a person says so."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther
from chatsite.chat.models import Conversation, ConversationQuerySet, Message
from streaming import runs


def context(request: HttpRequest, visitor: Visitor, current: Conversation | None) -> dict[str, Any]:
    """What a page says of it: whether it is temporary, and how many such conversations there are."""
    is_temporary = bool(current.expires) if current else "temporary" in request.GET
    return {"is_temporary": is_temporary, "temporary_count": _own(visitor).count() if is_temporary else 0}


@for_visitors
@require_POST
def delete(request: VisitorRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """Delete a temporary conversation, or all that a person has, for good.

    Where a reply is being written it is stopped; its conversation is seen by nobody from now on, and goes
    with the next hour.
    """
    with transaction.atomic():
        found = _own(request.visitor)
        if conversation_id is not None:
            found = found.filter(pk=conversation_id)
        ids = list(found.values_list("pk", flat=True))
        if conversation_id is not None and not ids:
            raise Http404
        going_on = Message.objects.filter(conversation__in=ids).unfinished()
        stopped = dict(going_on.values_list("conversation", "run_id"))
        for run_id in going_on.values_list("run_id", flat=True):
            if run_id is not None:
                runs.stop(run_id)
        found.filter(pk__in=stopped).update(deleted=timezone.now() - UNDO_FOR - timedelta(seconds=1))
        found.exclude(pk__in=stopped).delete()
    told = ngettext(
        "%(count)d temporary chat is deleted.", "%(count)d temporary chats are deleted.", len(ids)
    )
    messages.success(request, told % {"count": len(ids)})
    return SeeOther(reverse("chat:page"))


def _own(visitor: Visitor) -> ConversationQuerySet:
    return Conversation.objects.for_visitor(visitor).exclude(expires=None)
