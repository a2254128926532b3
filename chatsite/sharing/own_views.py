"""A person's links: making one, the list, and revoking."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor, VisitorRequest, one_at_a_time
from chatsite.answers import SeeOther, error
from chatsite.chat.branch import leaf_of
from chatsite.chat.models import Conversation, Message
from chatsite.sharing.models import Link, LinkQuerySet

AT_ONCE = 100
"""Links on a page."""


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Show a conversation's links, or make one to what it has come to; with `leaf`, in that branch."""
    own = Conversation.objects.for_visitor(request.visitor).listed()
    found = own.filter(pk=conversation_id).first()
    if found is None or not settings.CHAT_ALLOW_SHARING:
        raise Http404
    below = leaf_of(request, found)
    leaf = _leaf(found, below)
    if request.method != "POST":
        links = Link.objects.for_visitor(request.visitor).filter(conversation=found)
        return _page(request, links, of=found, below=below, last=leaf)
    if leaf is None or leaf.is_running:
        told = _("The reply is still being written. Share the chat when it has ended.")
        return error(request, 400, "not_ended", told)
    _make(found, leaf, request.visitor)
    return SeeOther(reverse("sharing:share", args=[found.pk]))


@for_visitors
@require_safe
@never_cache
def links(request: VisitorRequest) -> HttpResponse:
    """List all links of a person."""
    return _page(request, Link.objects.for_visitor(request.visitor))


@for_visitors
@require_POST
def revoke(request: VisitorRequest, token: str) -> HttpResponse:
    """Let a link lead nowhere from now on."""
    link = Link.objects.for_visitor(request.visitor).filter(pk=token).first()
    if link is None:
        raise Http404
    link.delete()
    messages.success(request, _("The link leads nowhere any more."))
    return SeeOther(reverse("sharing:links"))


def _leaf(conversation: Conversation, below: Message | None) -> Message | None:
    return next(iter(conversation.path(below=below, most=1)), None)


def _make(conversation: Conversation, leaf: Message, visitor: Visitor) -> None:
    """A link to the messages up to the leaf; the one that is there already, if there is one."""
    with transaction.atomic():
        one_at_a_time(visitor)
        if not Link.objects.filter(leaf=leaf).exists():
            theirs = Link.objects.for_visitor(visitor).count()
            Allowance(visitor).require_room("links", used=1 + theirs)
            Link.objects.create(conversation=conversation, leaf=leaf, title=conversation.title)


def _page(
    request: VisitorRequest,
    found: LinkQuerySet,
    *,
    of: Conversation | None = None,
    below: Message | None = None,
    last: Message | None = None,
) -> HttpResponse:
    context = {
        "conversation": of,
        "page": of and of.get_absolute_url(leaf=below.pk if below else None),
        "leaf": below,
        "question": last and (last.parent or last),
        "links": [(link, request.build_absolute_uri(link.get_absolute_url())) for link in found[:AT_ONCE]],
    }
    return render(request, "sharing/links.html", context)
