"""Finds the messages of a run that no model wrote: a guard's refusal, a canned answer, a node's own words.

They are the reply's text as much as a model's tokens are. What a model wrote was shown while it wrote, and
what the run was given is an old message: neither is shown again, wherever it turns up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from pydantic import BaseModel


class UnwrittenMessages:
    """Tells new messages from those that a run was given, that its models wrote, or that were shown."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        """Ids of messages."""
        self._nameless: dict[int, BaseMessage] = {}
        """Known messages that had no id, by the address of the object; kept, so that no other gets it."""
        self._written: set[str] = set()
        """Texts that models wrote: a function may have put one into a message of its own."""

    def know(self, value: Any) -> None:
        """Note the messages in a step's input: they are no news."""
        for message in messages_in(value):
            self._note(message)

    def know_id(self, message_id: str | None) -> None:
        """Note the id of the message that a model is writing."""
        if message_id is not None:
            self._known.add(message_id)

    def wrote(self, message: BaseMessage | None, text: str) -> None:
        """Note what a model has written."""
        self._written.add(text)
        if message is not None:
            self._note(message)

    def new_in(self, value: Any) -> Iterator[AIMessage]:
        """Give each message of the assistant in a value that is news, once."""
        for message in messages_in(value):
            if isinstance(message, AIMessage) and self._is_new(message):
                yield message
            if not isinstance(message, AIMessageChunk):  # the next chunk has the same id
                self._note(message)

    def _note(self, message: BaseMessage) -> None:
        if message.id is None:
            self._nameless[id(message)] = message
        else:
            self._known.add(message.id)

    def _is_new(self, message: AIMessage) -> bool:
        return (
            message.id not in self._known
            and id(message) not in self._nameless
            and message.text not in self._written
        )


def messages_in(value: Any) -> Iterator[BaseMessage]:
    """Give the messages that a value is, or has in a list or in an entry."""
    if isinstance(value, BaseMessage):
        yield value
        return
    for entry in _entries(value):
        if isinstance(entry, BaseMessage):
            yield entry
        elif isinstance(entry, list | tuple):
            yield from (item for item in entry if isinstance(item, BaseMessage))


def _entries(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return tuple(value.values())
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, BaseModel):
        return tuple(getattr(value, name) for name in type(value).model_fields)
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(getattr(value, field.name) for field in fields(value))
    return ()
