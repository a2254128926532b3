"""Replies: a message row and a run, started together; the run's end is stored in the row."""

from uuid import UUID, uuid4

from django.db import transaction

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.registry import default_assistant, get_assistant
from chatsite.chat import history
from chatsite.chat.models import TITLE_LENGTH, Conversation, Message
from streaming import runs
from streaming.admission import Place


def send(
    text: str, *, visitor: Visitor, conversation: Conversation | None, parent: Message | None, assistant: str
) -> Message:
    """Store what a person wrote, and start the reply. Returns the reply.

    Nothing is stored when there is no room (`Busy`), the text does not fit (`TooLong`), or there is
    nobody to answer (`ModelNotConfigured`).
    """
    place = runs.admit()
    try:
        with transaction.atomic():
            if conversation is None:
                conversation = Conversation.objects.create(
                    user=visitor.user, guest=visitor.guest, title=_title(text), assistant=assistant
                )
            elif parent is None:
                parent = next(reversed(conversation.path()), None)
            conversation.save(update_fields=["updated"])
            message = conversation.messages.create(role=Message.Role.USER, content=text, parent=parent)
            return _start(message, place)
    except BaseException:
        place.leave()
        raise


def regenerate(reply: Message) -> Message:
    """Start another reply to what `reply` answers, beside it. Returns the new one."""
    if reply.parent is None:
        raise ValueError("only a reply can be regenerated")
    place = runs.admit()
    try:
        with transaction.atomic():
            return _start(reply.parent, place)
    except BaseException:
        place.leave()
        raise


def _start(message: Message, place: Place) -> Message:
    conversation = message.conversation
    assistant = get_assistant(conversation.assistant) or default_assistant()
    runnable = assistant.build()
    messages = history.for_model(conversation.path(message))
    reply = conversation.messages.create(
        role=Message.Role.ASSISTANT,
        parent=message,
        status=Message.Status.RUNNING,
        run_id=uuid4(),
        model=assistant.model,
    )
    transaction.on_commit(
        lambda: runs.start(
            runnable,
            messages,
            run_id=reply.run_id or UUID(int=0),
            place=place,
            conversation=str(conversation.pk),
            message=str(reply.pk),
            model=reply.model,
            before_end=reply.end,
        )
    )
    return reply


def with_text_so_far(path: list[Message]) -> list[Message]:
    """The same messages; those that are being written have what there is of them."""
    for message in path:
        if message.is_running and message.run_id and (run := runs.get(message.run_id)):
            message.after = run.log.last_id
            message.content = run.log.text(up_to=message.after)
    return path


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"
