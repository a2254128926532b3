"""What an assistant is: a runnable with a name, and how a conversation becomes its input."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.offered import model_name, offered_models
from chatsite.assistants.preferences import USUAL, Preferences
from chatsite.assistants.sight import model_sees


@dataclass(frozen=True, slots=True)
class Turn:
    """What a reply is made from."""

    messages: Sequence[BaseMessage]
    """The system prompt and the conversation's newest messages that fit; the last is to be answered."""
    visitor: Visitor
    """Who asks, and whose documents may be read."""
    option: str = ""
    """The one of the assistant's `options` that the person chose."""
    preferences: Preferences = USUAL
    """What the person wants, as far as the assistant takes it. `messages` has the instructions already."""

    @property
    def question(self) -> str:
        """The text of the message to be answered."""
        return self.messages[-1].text


def the_messages(turn: Turn) -> Any:
    """The input of an assistant that takes a conversation as chat models do."""
    return turn.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """Somebody to talk to. A module that is named in the CHAT_ASSISTANTS setting has one, as `assistant`.

    `build` makes the runnable, for each reply anew: it must be cheap. `input` makes what the runnable is
    called with. `options` are what a person may choose from with each message, keys to labels, the
    first one unless another is chosen. `filters` are `stream()`'s: which of the runnable's steps show.
    `continues` says that a reply which was cut short can be gone on with: only text has a middle.
    `takes` names what of a person's `Preferences` it follows; with any, `build` is called with those. People
    are shown only these.
    `sees_images` says that it passes on what messages consist of (their `content`), images too, to the model.
    """

    slug: str
    name: str
    description: str
    build: Callable[..., Runnable[Any, Any]]
    input: Callable[[Turn], Any] = the_messages
    options: Mapping[str, str] = field(default_factory=dict)
    examples: Sequence[str] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    continues: bool = False
    takes: Sequence[str] = ()
    sees_images: bool = False

    def runnable(self, preferences: Preferences = USUAL) -> Runnable[Any, Any]:
        """What answers, as the person wants it."""
        return self.build(preferences.only(self.takes)) if self.takes else self.build()

    @property
    def models(self) -> Sequence[str]:
        """The names of the models that people may choose from; empty where there is no choice."""
        offered = tuple(offered_models())
        return offered if "model" in self.takes and len(offered) > 1 else ()

    def model_for(self, preferences: Preferences = USUAL) -> str:
        """The name of the model that answers."""
        return preferences.model_name if "model" in self.takes else model_name()

    def sees(self, preferences: Preferences = USUAL) -> bool:
        """Whether a person can send it images."""
        return self.sees_images and model_sees(self.model_for(preferences))
