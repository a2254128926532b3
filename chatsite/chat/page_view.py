"""The page: a new conversation, or the messages of one."""

from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.accounts.visitor import Visitor, VisitorRequest, can_sign_in
from chatsite.assistants.base import Assistant
from chatsite.assistants.offered import model_label
from chatsite.assistants.preferences import Preferences
from chatsite.assistants.registry import assistants, default_assistant, get_assistant
from chatsite.chat import history, listing, rendered, replies, siblings, temporary
from chatsite.chat.branch import leaf_of, message_of
from chatsite.chat.models import LENGTH_LIMITS, TITLE_LENGTH, Conversation, Message
from chatsite.chat.refusals import with_refusals
from chatsite.chat.templatetags.json_values import DEEPEST
from chatsite.feedback import opinions
from chatsite.images.forms import Attach
from chatsite.images.messages import add_to
from chatsite.preferences.in_force import in_force
from chatsite.waiting import queue
from chatsite.waiting.queue import NOTHING_WAITS, Queue
from chatsite.waiting.sender import sender

PAGE_MESSAGES = 60
"""Messages on a page: the newest ones, or those before another page's."""
PAGE_CHARACTERS = 200_000
"""Of the messages on a page: of fewer messages, if they are long. As HTML they are several times as many."""


@with_refusals
@require_safe
@never_cache
def page(request: VisitorRequest) -> HttpResponse:
    """Show the page of a new conversation."""
    return _page(request, request.visitor, None, [])


@with_refusals
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
        return _at(request, found, message_of(found, request.GET["until"]))
    leaf = leaf_of(request, found)
    if "before" in request.GET:
        earlier = _path(found, _before(found, request.GET["before"]))
        return _page(request, visitor, found, earlier, leaf=leaf, is_earlier=True)
    waiting = queue.of(found)
    if waiting.goes_on:  # the process whose turn it was may have died
        sender.wake()
    version = f'"{found.version(below=leaf)}-{get_language()}{waiting.version}"'
    if (unchanged := get_conditional_response(request, etag=version)) is not None:
        return unchanged
    response = _page(request, visitor, found, _path(found, below=leaf), leaf=leaf, waiting=waiting)
    response["ETag"] = version
    return response


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
    if (parent := message_of(conversation, message).parent) is None:
        raise Http404
    return parent


def _page(
    request: VisitorRequest,
    visitor: Visitor,
    current: Conversation | None,
    path: list[Message],
    *,
    leaf: Message | None = None,
    is_earlier: bool = False,
    waiting: Queue = NOTHING_WAITS,
) -> HttpResponse:
    """The page with these messages, of the branch with `leaf` if one was asked for."""
    chosen = current.assistant if current else request.GET.get("assistant", "")
    assistant = get_assistant(chosen) or default_assistant()
    wanted = in_force(visitor, current.pk if current else None)
    preferences = wanted.all.only(assistant.takes)
    add_to(path)
    if not is_earlier:
        history.mark_reach(path, preferences)
    asked = (message for message in reversed(path) if message.role == Message.Role.USER)
    leaf = leaf or next(asked, None)
    if current:
        siblings.add(current, path)
        opinions.add(path)
    context = {
        "conversation": current,
        "groups": listing.beside(visitor, page_of=None if is_earlier else current),
        "message_count": current.messages.count() if current else 0,
        "chat_messages": rendered.with_html(replies.with_text_so_far(path)),
        **temporary.context(request, visitor, current),
        "is_earlier": is_earlier,
        "queue": waiting,
        "is_live": waiting.goes_on or bool(path and path[-1].is_running),
        "is_still": "still" in request.GET,
        # The page stays in the branch that it shows, whatever is written elsewhere.
        "leaf": leaf,
        "newest": leaf if is_earlier or not path else path[-1],
        **_of_assistant(assistant, preferences),
        "withdrawn_model": wanted.withdrawn if "model" in assistant.takes else "",
        "shows_images": assistant.sees(preferences) or any(message.images for message in path),
        "assistants": assistants().values(),
        "can_sign_in": can_sign_in(visitor),
        "is_small": settings.CHAT_LOCAL_MODEL,
        "key": uuid4(),
        "has_worker": settings.OFFLINE_PAGE,
        "max_length": settings.CHAT_MAX_LENGTH,
        # For the page's script, as data- attributes.
        "title_length": TITLE_LENGTH,
        "length_limits": " ".join(LENGTH_LIMITS),
        "deepest": DEEPEST,
    }
    return render(request, "chat/page.html", context)


def _of_assistant(assistant: Assistant, preferences: Preferences) -> dict[str, object]:
    """Who answers from here on, by which model, and what can be attached for it."""
    model = assistant.model_for(preferences)
    return {
        "assistant": assistant,
        "model": model,
        "model_label": model_label(model),
        "models": assistant.models,
        "attach": Attach(assistant, preferences),
    }
