"""Replies: a message row and a run, started together; the run's end is stored in the row."""

from uuid import uuid4

from django.db import transaction

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Turn
from chatsite.assistants.registry import default_assistant, get_assistant
from chatsite.chat import history
from chatsite.chat.models import TITLE_LENGTH, Conversation, Message
from chatsite.chat.transcript import Transcript
from streaming import runs
from streaming.admission import Place
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
            message = conversation.messages.create(
                role=Message.Role.USER, content=text, option=option, parent=parent
            )
            return _start(message, visitor, place)
    except BaseException:
        place.leave()
        raise


def regenerate(reply: Message, *, visitor: Visitor) -> Message:
    """Start another reply to what `reply` answers, beside it. Returns the new one."""
    if reply.parent is None:
        raise ValueError("only a reply can be regenerated")
    place = runs.admit()
    try:
        with transaction.atomic():
            return _start(reply.parent, visitor, place)
    except BaseException:
        place.leave()
        raise


def _start(message: Message, visitor: Visitor, place: Place) -> Message:
    conversation = message.conversation
    assistant = get_assistant(conversation.assistant) or default_assistant()
    messages = history.for_model(conversation.path(message))
    runnable = assistant.build()
    given = assistant.input(Turn(messages, visitor, message.option))
    run_id = uuid4()
    reply = conversation.messages.create(
        role=Message.Role.ASSISTANT,
        parent=message,
        status=Message.Status.RUNNING,
        run_id=run_id,
        model=assistant.model,
    )

    def start() -> None:
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

    transaction.on_commit(start)
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
