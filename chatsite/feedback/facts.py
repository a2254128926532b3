"""What is known of a reply besides its text, in words."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.registry import default_assistant, get_assistant
from chatsite.chat import history
from chatsite.chat.models import Message
from chatsite.images.messages import add_to
from chatsite.preferences.in_force import in_force

SOURCES = (gettext_noop("reported"), gettext_noop("estimated"))
"""What numbers of tokens can be, as events have it."""


def facts_of(reply: Message) -> list[tuple[str, str]]:
    """Names and values, without what is not known."""
    return [(name, value) for name, value in _all(reply) if value]


def context_of(reply: Message, visitor: Visitor) -> str:
    """How full the context of the model that answers now is with the conversation up to the reply, without
    the next message."""
    assistant = get_assistant(reply.conversation.assistant) or default_assistant()
    preferences = in_force(visitor, reply.conversation_id).all.only(assistant.takes)
    path = reply.conversation.path(reply, characters=history.most_characters(preferences))
    add_to(path)
    percent = history.reach_of(path, preferences=preferences).percent
    return _("{percent} % full after this reply (estimated)").format(percent=percent)


def rate_of(reply: Message) -> float | None:
    """Tokens a second, from the first one on. None where there is too little to tell from."""
    if reply.output_tokens is None or reply.first_token_ms is None or reply.took_ms is None:
        return None
    milliseconds = reply.took_ms - reply.first_token_ms
    return reply.output_tokens * 1000 / milliseconds if milliseconds > 0 and reply.output_tokens else None


def _all(reply: Message) -> Iterator[tuple[str, str]]:
    source = _(" ({source})").format(source=_(reply.usage_source)) if reply.usage_source else ""
    rate = rate_of(reply)
    yield _("Model"), reply.model
    yield _("Ended"), reply.finish_reason or reply.get_status_display()
    yield _("Tokens read"), _tokens(reply.input_tokens, source)
    yield _("Tokens written"), _tokens(reply.output_tokens, source)
    yield _("First token after"), _seconds(reply.first_token_ms)
    yield _("Written after"), _seconds(reply.took_ms)
    yield _("Speed"), _("{rate:,.1f} tokens a second").format(rate=rate) if rate is not None else ""


def _tokens(number: int | None, source: str) -> str:
    return "" if number is None else f"{number:,}{source}"


def _seconds(milliseconds: int | None) -> str:
    return "" if milliseconds is None else _("{seconds:,.2f} s").format(seconds=milliseconds / 1000)
