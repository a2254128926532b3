"""Titles by the model: what a conversation is about, in place of the first words of its first message.

One thread of each process asks for them, when the first reply of a conversation is done. Until then, and
where the model has no title to give, the first words stay; so does a name that somebody gives meanwhile.
"""

import logging
import queue
import threading
from contextlib import suppress
from uuid import UUID

from django.db import connections
from langchain_core.messages import HumanMessage, SystemMessage

from chatsite.accounts.limits import spend_tokens
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.chat_model import chat_model
from chatsite.chat import titles
from chatsite.chat.models import Conversation, Message
from chatsite.live.changes import changes
from streaming import stream

logger = logging.getLogger("chatsite.titles")

INSTRUCTIONS = (
    "Write a title for the conversation that follows: at most six words, in the language of its question, "
    "without quotation marks or a full stop. Answer with nothing but the title."
)
_MOST_READ = 1_000
"""Characters of each message that the model is shown."""
_MOST_WRITTEN = 500
"""Characters after which what the model writes is no title."""
_MOST_WAITING = 100
"""Replies. Titles for more than so many are not asked for."""


def write(reply_id: UUID) -> None:
    """Ask the model for a title of the conversation that the reply is in, and store it.

    Raises what the model raises.
    """
    replies = Message.objects.filter(pk=reply_id).select_related("parent", "conversation__user")
    reply = replies.first()
    if reply is None or reply.parent is None:
        return  # deleted meanwhile
    conversation, first_words = reply.conversation, titles.of_message(reply.parent.content)
    if conversation.title != first_words:
        return
    owner = Visitor(conversation.user, conversation.guest)
    if title := titles.of_model(_said(reply.parent.content, reply.content, owner)):
        unnamed = Conversation.objects.filter(pk=conversation.pk, deleted=None, title=first_words)
        if unnamed.update(title=title):
            changes.tell(owner)


def _said(question: str, answer: str, owner: Visitor) -> str:
    """What the model says when it is asked for a title. The owner's tokens pay for it."""
    exchange = f"Question:\n{question[:_MOST_READ]}\n\nAnswer:\n{answer[:_MOST_READ]}"
    said = ""
    events = stream(chat_model(), [SystemMessage(INSTRUCTIONS), HumanMessage(exchange)])
    try:
        for _, said in events.tokens():
            if len(said) > _MOST_WRITTEN:
                break
    finally:
        events.close()
        if events.end is not None and (usage := events.end.usage) is not None:
            spend_tokens(owner, usage.input_tokens or 0, usage.output_tokens or 0)
    return said


class _TitleWriter:
    """Writes one title after the other, in a thread that begins with the first of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: queue.Queue[UUID] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    def want(self, reply_id: UUID) -> None:
        """Have a title written for the conversation that begins with that reply. Never waits."""
        with self._lock, suppress(queue.Full):
            self._wanted.put_nowait(reply_id)
            if self._thread is None or not self._thread.is_alive():  # a forked process has none yet
                self._thread = threading.Thread(target=self._work, name="titles", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            reply_id = self._wanted.get()
            try:
                write(reply_id)
            except Exception as exc:  # noqa: BLE001 - no title is worth the thread; the text may be a prompt
                logger.warning("no title could be written: %s", type(exc).__name__)
            finally:
                connections.close_all()


writer = _TitleWriter()
