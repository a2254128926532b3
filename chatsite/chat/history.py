"""What the model is sent of a conversation: the newest messages that fit, whole ones only."""

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.utils import count_tokens_approximately

from chatsite.assistants.offered import context_of
from chatsite.assistants.preferences import USUAL, Preferences
from chatsite.chat.models import Message
from chatsite.images.messages import MOST_SENT, TOKENS_EACH, contents_of, parts_of

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


def for_model(
    path: Sequence[Message], *, so_far: str = "", preferences: Preferences = USUAL, sees: bool = False
) -> list[BaseMessage]:
    """The system prompt, and as many of the path's newest messages as the model's context holds.

    Replies without text are left out, and the oldest messages if there is no room; none is cut. The first
    one that is left is a person's. With `so_far`, the beginning of the reply, the model is asked to go on
    with it. A model that `sees` is sent the newest of their images, too. Raises `TooLong` when not even the
    last message fits.
    """
    begun = [AIMessage(so_far), HumanMessage(GO_ON)] if so_far else []
    reach = reach_of(path, besides=begun, preferences=preferences)
    if not reach.sent:
        raise TooLong
    return [*_system(preferences), *_with_images(reach.sent, most=MOST_SENT if sees else 0), *begun]


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of a path the model is sent."""

    sent: Sequence[tuple[Message, BaseMessage]]
    """Those of the path's messages that are, also as they are sent; the first one is a person's."""
    tokens: int
    """Of them and the system prompt, as estimated."""
    is_all: bool
    """Whether none of the path's messages that has a text was left out."""
    room: int
    """Tokens for all that the model reads."""

    @property
    def percent(self) -> int:
        """How full that is of what the model can read."""
        return round(100 * self.tokens / self.room)


def reach_of(
    path: Sequence[Message], *, besides: Sequence[BaseMessage] = (), preferences: Preferences = USUAL
) -> Reach:
    """What of the path is sent, beside the system prompt and these messages."""
    tokens = count_tokens_approximately([*_system(preferences), *besides])
    room = room_for_prompt(preferences)
    kept: list[tuple[Message, BaseMessage]] = []
    is_all = True
    for stored in reversed(path):  # one by one: a conversation may have thousands
        if not (stored.content or stored.images):
            continue
        message = _as_langchain(stored)
        # A server that wants its reasoning back reads that, too.
        reasoning = message.additional_kwargs.get("reasoning_content", "")
        more = count_tokens_approximately([message, *([AIMessage(reasoning)] if reasoning else [])])
        more += TOKENS_EACH * len(stored.images)
        if tokens + more > room:
            is_all = False
            break
        tokens += more
        kept.insert(0, (stored, message))
    while kept and not isinstance(kept[0][1], HumanMessage):
        kept.pop(0)
        is_all = False
    return Reach(kept, tokens, is_all, room)


def _system(preferences: Preferences) -> list[BaseMessage]:
    prompt = preferences.system_prompt()
    return [SystemMessage(prompt)] if prompt else []


def mark_reach(path: Sequence[Message], preferences: Preferences = USUAL) -> None:
    """Let the first message that is still sent know that it is, if there are others before it."""
    reach = reach_of(path, preferences=preferences)
    if reach.sent and not reach.is_all:
        reach.sent[0][0].begins_reach = True


def most_characters(preferences: Preferences = USUAL) -> int:
    """How long a text fits into the model's context, at most: older messages need not be read."""
    return room_for_prompt(preferences) * _CHARACTERS_PER_TOKEN


def room_for_prompt(preferences: Preferences = USUAL) -> int:
    """Tokens for all that the model reads."""
    context = context_of(preferences.model_name)
    return context - min(preferences.longest_reply or context, context // _REPLY_SHARE)


def _with_images(sent: Sequence[tuple[Message, BaseMessage]], *, most: int) -> list[BaseMessage]:
    """The messages as they are sent, with the newest `most` images of them."""
    images = [image for stored, _ in sent for image in stored.images]
    contents = contents_of(images[-most:] if most else [])
    return [HumanMessage(parts_of(stored, contents)) if stored.images else said for stored, said in sent]


def _as_langchain(message: Message) -> BaseMessage:
    if message.role == Message.Role.USER:
        return HumanMessage(message.content)
    kept = dict(message.details.get("sent_back", {}))
    if reasoning := message.details.get("reasoning"):
        kept["reasoning_content"] = reasoning
    return AIMessage(message.content, additional_kwargs=kept)
