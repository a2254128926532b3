"""Replies: a message row and a run, started together; the run's end is stored in the row."""

from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Turn
from chatsite.assistants.registry import default_assistant, get_assistant
from chatsite.chat import history
from chatsite.chat.models import TITLE_LENGTH, Conversation, Message
from chatsite.chat.transcript import Transcript
from streaming import runs
from streaming.admission import Busy
from streaming.steps import StepFilter


def send(
    text: str,
    *,
    visitor: Visitor,
    conversation: Conversation | None,
    parent: Message | None,
    assistant: str,
    option: str = "",
) -> Message:
    """Store what a person wrote, and start the reply. Returns the reply.

    Nothing is stored when there is no room (`Busy`), the text does not fit (`TooLong`), or there is
    nobody to answer (`ModelNotConfigured`).
    """
    new = conversation is None
    if conversation is None:
        conversation = Conversation(
            user=visitor.user, guest=visitor.guest, title=_title(text), assistant=assistant
        )
    message = Message(conversation=conversation, role=Message.Role.USER, content=text, option=option)
    path = [] if new else conversation.path(parent)
    message.parent = path[-1] if path else None

    def store() -> None:
        conversation.save(force_insert=new)
        message.save(force_insert=True)

    return _start([*path, message], visitor, store)


def regenerate(reply: Message, *, visitor: Visitor) -> Message:
    """Start another reply to what `reply` answers, beside it. Returns the new one."""
    if reply.parent is None:
        raise ValueError("only a reply can be regenerated")
    return _start(reply.conversation.path(reply.parent), visitor, lambda: None)


def _start(path: list[Message], visitor: Visitor, store: Callable[[], None]) -> Message:
    """Start a reply to the last message of the path, stored together with what `store` stores.

    What takes time comes before the transaction: SQLite has one writer.
    """
    if Message.objects.for_visitor(visitor).unfinished().count() >= settings.CHAT_REPLIES_AT_ONCE:
        raise Busy
    message = path[-1]
    conversation = message.conversation
    assistant = get_assistant(conversation.assistant) or default_assistant()
    runnable = assistant.build()
    given = assistant.input(Turn(history.for_model(path), visitor, message.option))
    run_id = uuid4()
    reply = Message(
        conversation=conversation,
        role=Message.Role.ASSISTANT,
        parent=message,
        status=Message.Status.RUNNING,
        run_id=run_id,
        model=assistant.model,
    )
    place = runs.admit()
    try:
        with transaction.atomic():
            store()
            reply.save(force_insert=True)
        runs.start(
            runnable,
            given,
            run_id=run_id,
            place=place,
            wanted=StepFilter(**assistant.filters),
            conversation=str(conversation.pk),
            message=str(reply.pk),
            model=reply.model,
            before_end=reply.end,
        )
    except BaseException:
        place.leave()
        raise
    return reply


def with_text_so_far(path: list[Message]) -> list[Message]:
    """The same messages; those that are being written have what there is of them."""
    for message in path:
        if message.is_running and (run := runs.get(message.run_id)):
            message.after = run.log.last_id
            transcript = Transcript.of(run.log.events(up_to=message.after))
            message.content, message.details = transcript.text, transcript.details
    return path


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"
