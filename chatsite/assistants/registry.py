"""Whom a person can talk to: named runnables that take a conversation's messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable

from chatsite.assistants.chat_model import chat_model, model_label, model_name


@dataclass(frozen=True, slots=True)
class Assistant:
    """A runnable with a name. `build()` is called for each reply, so it must be cheap."""

    slug: str
    name: str
    description: str
    build: Callable[[], Runnable[Sequence[BaseMessage], object]]

    @property
    def model(self) -> str:
        """The name of the model that answers."""
        return model_name()

    @property
    def model_label(self) -> str:
        """Which model answers, for people."""
        return model_label()


CHAT = Assistant(
    slug="chat",
    name="Chat",
    description="Talks about anything.",
    build=chat_model,
)

_ASSISTANTS = {CHAT.slug: CHAT}


def get_assistant(slug: str) -> Assistant | None:
    """The assistant of that name, if there is one."""
    return _ASSISTANTS.get(slug)


def default_assistant() -> Assistant:
    """The one that a new conversation is with, unless the person chose another."""
    return CHAT
