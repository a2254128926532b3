"""Temporary conversations: in no list, and gone within a day, or when a person says so."""

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.visitor import VisitorRequest
from chatsite.answers import SeeOther
from chatsite.chat.models import Conversation, Message
from streaming import runs


@for_visitors
@require_POST
def delete(request: VisitorRequest) -> HttpResponse:
    """Delete all temporary conversations of a person, for good.

    Where a reply is being written it is stopped; its conversation is seen by nobody from now on, and goes
    with the next hour.
    """
    with transaction.atomic():
        found = Conversation.objects.for_visitor(request.visitor).exclude(expires=None)
        going_on = Message.objects.filter(conversation__in=found).unfinished()
        stopped = dict(going_on.values_list("conversation", "run_id"))
        for run_id in going_on.values_list("run_id", flat=True):
            if run_id is not None:
                runs.stop(run_id)
        found.filter(pk__in=stopped).update(deleted=timezone.now() - UNDO_FOR - timedelta(seconds=1))
        found.exclude(pk__in=stopped).delete()
    messages.success(request, _("Your temporary chats are deleted."))
    return SeeOther(reverse("chat:page"))
