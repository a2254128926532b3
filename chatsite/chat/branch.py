"""Which branch of a conversation a request is about: `leaf` names a message in it."""

from uuid import UUID

from django.http import Http404, HttpRequest

from chatsite.chat.models import Conversation, Message


def leaf_of(request: HttpRequest, conversation: Conversation) -> Message | None:
    """A message of the branch, if the request names one. Raises `Http404` if the conversation has no such."""
    given = request.POST.get("leaf") or request.GET.get("leaf")
    return message_of(conversation, given) if given is not None else None


def message_of(conversation: Conversation, message: str) -> Message:
    """The message of that id. Raises `Http404`."""
    try:
        found = conversation.messages.filter(pk=UUID(message)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found
