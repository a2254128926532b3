"""What everybody sees by a link, and the way to go on from it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chatsite.accounts.decorators import for_everybody, for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.ownership import owned_by
from chatsite.accounts.visitor import SignInRequired, VisitorRequest, visitor_of
from chatsite.answers import SeeOther, error
from chatsite.chat import rendered
from chatsite.chat.models import Conversation, Message
from chatsite.chat.page_view import PAGE_CHARACTERS, PAGE_MESSAGES
from chatsite.chat.portable.numbering import path_to
from chatsite.chat.templatetags.json_values import DEEPEST
from chatsite.images.messages import add_to
from chatsite.images.models import Image
from chatsite.images.views import shown as shown_image
from chatsite.sharing import copying
from chatsite.sharing.models import Link


@for_everybody
@require_safe
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was shared: the newest messages, or those before the one that the link to earlier ones has.

    The page sets no cookie, says nothing of where its reader came from, and is not for search engines.
    """
    link = Link.objects.for_everybody().filter(pk=token).first()
    path = _path(link, request.GET.get("before", "")) if link else []
    response = _shown(request, link, path) if link and path else _nowhere(request)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def copy(request: VisitorRequest, token: str) -> HttpResponse:
    """Ask whether to go on from what was shared, and do it: by a copy."""
    link = Link.objects.for_everybody().filter(pk=token).first()
    if link is None:
        return _nowhere(request)
    if request.method != "POST":
        return render(request, "sharing/copy.html", {"link": link})
    try:
        copied = copying.copy(link, visitor=known_visitor_of(request))
    except copying.TooLongToCopy:
        return error(request, 400, "too_long", _("The chat is too long to be copied."))
    return SeeOther(Conversation(pk=copied).get_absolute_url())


@for_everybody
@require_safe
@never_cache
def image(request: HttpRequest, token: str, image_id: UUID) -> HttpResponse:
    """Show an image of what was shared, as long as the link leads there."""
    link = Link.objects.for_everybody().filter(pk=token).first()
    found = Image.objects.filter(pk=image_id, conversation=link.conversation_id).first() if link else None
    if link is None or found is None or not _is_shared(link, found):
        return _nowhere(request)
    response = shown_image(found)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _is_shared(link: Link, image: Image) -> bool:
    """Whether one of the messages that show it is on the path that was shared."""
    path = set(path_to(link.conversation, link.leaf_id))
    return any(message in path for message in image.attachments.values_list("message", flat=True))


def _path(link: Link, before: str) -> list[Message]:
    """As much as a page shows. Nothing for a message that was not shared."""
    leaf = link.leaf
    if before:
        if (parent := _parent_of(link, before)) is None:
            return []
        leaf = parent
    return link.conversation.path(leaf, characters=PAGE_CHARACTERS, most=PAGE_MESSAGES)


def _parent_of(link: Link, message: str) -> Message | None:
    try:
        place = path_to(link.conversation, link.leaf_id).index(UUID(message))
    except ValueError:
        return None
    return link.conversation.messages.get(pk=message).parent if place else None


def _shown(request: HttpRequest, link: Link, path: list[Message]) -> HttpResponse:
    add_to(path)
    messages = rendered.with_html(path)
    for message in messages:
        message.details = copying.shown_details(message)
    context = {
        "link": link,
        "chat_messages": messages,
        "is_own": _is_own(request, link),
        "is_earlier": messages[-1].pk != link.leaf_id,
        "deepest": DEEPEST,
        "shows_images": any(message.images for message in messages),
    }
    return render(request, "sharing/shared.html", context)


def _is_own(request: HttpRequest, link: Link) -> bool:
    try:
        visitor = visitor_of(request)
    except SignInRequired:
        return False
    return Conversation.objects.filter(owned_by(visitor), pk=link.conversation_id).exists()


def _nowhere(request: HttpRequest) -> HttpResponse:
    message = _("This link leads nowhere. Whoever shared the chat may have revoked it, or deleted the chat.")
    return error(request, 404, "not_found", message)
