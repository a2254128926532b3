"""The form in which a person edits a message of theirs: a page of its own, for browsers without script.

What is sent with it goes to `views.send`, and begins a branch.
"""

from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.visitor import VisitorRequest
from chatsite.chat.models import Message
from chatsite.images.messages import add_to


@for_visitors
@require_safe
@never_cache
def edit(request: VisitorRequest, message_id: UUID) -> HttpResponse:
    """Show the form, with what the message says."""
    own = Message.objects.for_visitor(request.visitor).filter(role=Message.Role.USER)
    if (found := own.filter(pk=message_id).first()) is None:
        raise Http404
    add_to([found])
    return render(request, "chat/edit_message.html", {"message": found, "key": uuid4()})
