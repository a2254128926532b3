"""What the model is sent of a conversation: the newest messages that fit, whole ones only."""

from collections.abc import Sequence

from django.conf import settings
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.utils import count_tokens_approximately

from chatsite.chat.models import Message

_REPLY_SHARE = 4
"""A quarter of the context is kept for the reply, where its length is not set."""
_CHARACTERS_PER_TOKEN = 4
"""By which LangChain's `count_tokens_approximately` estimates."""

GO_ON = (
    "Your reply was cut off there. Go on with it exactly where it stops, in the middle of a word if need be. "
    "Repeat nothing of it, and say nothing about the interruption."
)


class TooLong(Exception):
    """The newest message is more than the model can read."""


def for_model(path: Sequence[Message], *, so_far: str = "") -> list[BaseMessage]:
    """The system prompt, and as many of the path's newest messages as the model's context holds.

    Replies without text are left out, and the oldest messages if there is no room; none is cut. The first
    one that is left is a person's. With `so_far`, the beginning of the reply, the model is asked to go on
    with it. Raises `TooLong` when not even the last message fits.
    """
    system = [SystemMessage(settings.CHAT_SYSTEM_PROMPT)] if settings.CHAT_SYSTEM_PROMPT else []
    begun = [AIMessage(so_far), HumanMessage(GO_ON)] if so_far else []
    room = room_for_prompt() - count_tokens_approximately([*system, *begun])
    kept: list[BaseMessage] = []
    for stored in reversed(path):  # one by one: a conversation may have thousands
        if not stored.content:
            continue
        message = _as_langchain(stored)
        # A server that wants its reasoning back reads that, too.
        reasoning = message.additional_kwargs.get("reasoning_content", "")
        room -= count_tokens_approximately([message, *([AIMessage(reasoning)] if reasoning else [])])
        if room < 0:
            break
        kept.insert(0, message)
    if not kept:
        raise TooLong
    while not isinstance(kept[0], HumanMessage):
        kept.pop(0)
    return [*system, *kept, *begun]


def most_characters() -> int:
    """How long a text fits into the model's context, at most: older messages need not be read."""
    return room_for_prompt() * _CHARACTERS_PER_TOKEN


def room_for_prompt() -> int:
    """Tokens for all that the model reads."""
    context: int = settings.CHAT_CONTEXT_TOKENS
    return context - min(settings.CHAT_MAX_TOKENS or context, context // _REPLY_SHARE)


def _as_langchain(message: Message) -> BaseMessage:
    if message.role == Message.Role.USER:
        return HumanMessage(message.content)
    kept = dict(message.details.get("sent_back", {}))
    if reasoning := message.details.get("reasoning"):
        kept["reasoning_content"] = reasoning
    return AIMessage(message.content, additional_kwargs=kept)
