"""A person's conversations: the list, and what can be done with one: rename, pin, archive, delete, undo."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.ownership import UNDO_FOR
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther, error
from chatsite.chat import listing
from chatsite.chat.branch import leaf_of
from chatsite.chat.forms import TitleForm
from chatsite.chat.models import TITLE_LENGTH, Conversation, Message
from chatsite.live.changes import changes
from streaming import runs

UNDO_MINUTES = int(UNDO_FOR.total_seconds() // 60)


@for_visitors
@require_safe
@never_cache
def conversations(request: VisitorRequest, *, is_archived: bool = False) -> HttpResponse:
    """List all conversations, some at a time: those after a place, which the link to older ones has."""
    found = Conversation.objects.for_visitor(request.visitor).listed().filter(is_archived=is_archived)
    deleted: list[Conversation] = []
    if (text := request.GET.get("after")) is not None:
        try:
            found = found.filter(listing.Place.parse(text).rest)
        except ValueError:
            raise Http404 from None
    else:
        deleted = list(Conversation.objects.just_deleted_by(request.visitor)[: listing.RECENT])
    listed = list(found[: listing.RECENT + 1])
    context = {
        "groups": listing.grouped(listed[: listing.RECENT]),
        "older": listing.Place.after(listed[listing.RECENT - 1]) if listed[listing.RECENT :] else None,
        "deleted": deleted,
        "undo_minutes": UNDO_MINUTES,
        "is_archived": is_archived,
    }
    return render(request, "chat/conversations.html", context)


@for_visitors
@require_safe
@never_cache
def edit(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Show what can be done with a conversation; with `leaf`, with that branch of it."""
    return _edit_page(request, _conversation(request.visitor, conversation_id))


@for_visitors
@require_POST
def rename(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Give a conversation another title."""
    found = _conversation(request.visitor, conversation_id)
    form = TitleForm(request.POST)
    if form.is_valid():
        _change(request.visitor, conversation_id, title=form.cleaned_data["title"])
        return SeeOther(found.get_absolute_url())
    code, message = form.first_error
    if "application/json" in request.headers.get("Accept", ""):
        return error(request, 400, code, message)
    return _edit_page(request, found, status=400, refusal=message)


@for_visitors
@require_POST
def pin(request: VisitorRequest, conversation_id: UUID, *, is_pinned: bool) -> HttpResponse:
    """Keep a conversation at the head of the list, or no longer."""
    _change(request.visitor, conversation_id, is_pinned=is_pinned)
    return SeeOther(reverse("chat:conversation", args=[conversation_id]))


@for_visitors
@require_POST
def archive(request: VisitorRequest, conversation_id: UUID, *, is_archived: bool) -> HttpResponse:
    """Put a conversation out of the way, or back into the list."""
    _change(request.visitor, conversation_id, is_archived=is_archived)
    if not is_archived:
        return SeeOther(reverse("chat:conversation", args=[conversation_id]))
    messages.success(request, _("The chat is in the archive now."))
    return SeeOther(reverse("chat:conversations"))


@for_visitors
@require_POST
def delete(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Delete a conversation: it can be had back for a while. Replies that are being written are stopped."""
    with transaction.atomic():
        _change(request.visitor, conversation_id, deleted=timezone.now())
        going_on = Message.objects.filter(conversation=conversation_id).unfinished()
        for run_id in going_on.values_list("run_id", flat=True):
            if run_id is not None:
                runs.stop(run_id)
    return SeeOther(reverse("chat:conversations"))


@for_visitors
@require_POST
def restore(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Undo a deletion. Nothing changes if it was undone before."""
    deleted = Conversation.objects.just_deleted_by(request.visitor).filter(pk=conversation_id)
    if deleted.update(deleted=None):
        changes.tell(request.visitor)
    else:
        _conversation(request.visitor, conversation_id)
    return SeeOther(reverse("chat:conversation", args=[conversation_id]))


def _conversation(visitor: Visitor, conversation_id: UUID) -> Conversation:
    found = Conversation.objects.for_visitor(visitor).filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    return found


def _change(visitor: Visitor, conversation_id: UUID, **values: object) -> None:
    """Change this and nothing else of a conversation: two tabs may change two things at once."""
    if not Conversation.objects.for_visitor(visitor).filter(pk=conversation_id).update(**values):
        raise Http404
    changes.tell(visitor)


def _edit_page(
    request: VisitorRequest, conversation: Conversation, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    leaf = leaf_of(request, conversation)
    context = {
        "conversation": conversation,
        "page": conversation.get_absolute_url(leaf=leaf.pk if leaf else None),
        "leaf": leaf,
        "title": request.POST.get("title", conversation.title),
        "refusal": refusal,
        "title_length": TITLE_LENGTH,
        "undo_minutes": UNDO_MINUTES,
        "may_share": settings.CHAT_ALLOW_SHARING and not conversation.expires,
    }
    return render(request, "chat/edit.html", context, status=status)
