"""Replies: a message row and a run, started together; the run's end is stored in the row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor, one_at_a_time
from chatsite.assistants.base import Assistant, Turn
from chatsite.assistants.preferences import Preferences
from chatsite.assistants.registry import default_assistant, get_assistant
from chatsite.chat import history, titles
from chatsite.chat.idempotency import Started, name_of, once
from chatsite.chat.models import TEMPORARY_FOR, Conversation, Message
from chatsite.chat.transcript import Transcript
from chatsite.images.messages import add_to
from chatsite.images.models import CannotSee, Image
from chatsite.live.changes import changes
from chatsite.preferences.in_force import in_force
from chatsite.preferences.models import OfConversation
from streaming import StepFilter, runs
from streaming.runs import Job


class CannotGoOn(Exception):
    """There is no text to go on from, or the assistant cannot."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What holds for a reply."""

    preferences: Preferences
    chosen: str = ""
    """The model that the person has just chosen for the conversation."""

    @classmethod
    def of(cls, visitor: Visitor, conversation: Conversation | None, model: str) -> "Wanted":
        """What the visitor has set. A model comes first that is chosen with the request."""
        preferences = in_force(visitor, conversation.pk if conversation else None).all
        if not model or model == preferences.model_name:
            return cls(preferences)
        return cls(replace(preferences, model=model), chosen=model)


def send(
    text: str,
    *,
    images: Sequence[Image] = (),
    visitor: Visitor,
    conversation: Conversation | None,
    assistant: str,
    parent: Message | None = None,
    edited: Message | None = None,
    leaf: Message | None = None,
    option: str = "",
    temporary: bool = False,
    model: str = "",
    key: UUID | None = None,
    name: UUID | None = None,
    claim: Callable[[Message], None] | None = None,
) -> Started:
    """Store what a person wrote, and start the reply.

    It answers `parent`, or what the `edited` message answers, or the newest message below `leaf`; the newest
    of the conversation if none of them is given. `model` answers from now on. Nothing is stored when there is
    no room (`Busy`), the text does not fit (`TooLong`), an image was sent elsewhere (`ImageGone`), the
    model does not see (`CannotSee`), or no model is configured (`ModelNotConfigured`); nor
    when `claim` raises, which is called with the message in the transaction that stores it. `name` is what it
    is known by, if that is not to be made of the key.
    """
    name = name or known_by(key, visitor, conversation, parent, assistant, option, text, edited, images)
    wanted = Wanted.of(visitor, conversation, model)
    if images and not _sees(assistant, wanted):
        raise CannotSee
    path = _before(conversation, wanted, parent=parent, edited=edited, leaf=leaf) if conversation else []
    place = conversation or Conversation(
        user=visitor.user, guest=visitor.guest, title=_title_of(text, images), assistant=assistant
    )
    if temporary and conversation is None:
        place.expires = timezone.now() + TEMPORARY_FOR
    message = Message(
        conversation=place,
        parent=path[-1] if path else None,
        role=Message.Role.USER,
        content=text,
        option=option,
    )
    message.images = images
    start = partial(_start, [*path, message], visitor, name, wanted, claim=claim)
    return once(name, visitor, start)


def known_by(
    key: UUID | None,
    visitor: Visitor,
    conversation: Conversation | None,
    parent: Message | None,
    assistant: str,
    option: str,
    text: str,
    edited: Message | None = None,
    images: Sequence[Image] = (),
) -> UUID | None:
    """What a message is known by when it is sent again (`idempotency.name_of`)."""
    # Not the leaf: the page that sends it again may show more by then.
    sent = [conversation and conversation.pk, parent and parent.pk, assistant, option, text]
    sent += [image.digest for image in images]
    return name_of(key, visitor, "send", *sent, *([edited.pk] if edited else []))


def regenerate(reply: Message, *, visitor: Visitor, model: str = "", key: UUID | None = None) -> Started:
    """Start another reply to what `reply` answers, beside it. `model` answers from now on."""
    if (question := reply.parent) is None:
        raise ValueError("only a reply can be regenerated")
    name = name_of(key, visitor, "regenerate", reply.pk)
    wanted = Wanted.of(visitor, reply.conversation, model)
    path = _path(reply.conversation, wanted, question)
    return once(name, visitor, partial(_start, path, visitor, name, wanted))


def go_on(reply: Message, *, visitor: Visitor, model: str = "", key: UUID | None = None) -> Started:
    """Start another reply beside `reply`, which begins with its text and goes on where that was cut short.

    Raises `CannotGoOn` if it was not, or if its assistant cannot.
    """
    question = reply.parent
    if question is None or not reply.is_cut_short or not _assistant_of(reply.conversation).continues:
        raise CannotGoOn
    name = name_of(key, visitor, "continue", reply.pk)
    wanted = Wanted.of(visitor, reply.conversation, model)
    path = _path(reply.conversation, wanted, question)
    return once(name, visitor, partial(_start, path, visitor, name, wanted, continued=reply))


def _start(
    path: list[Message],
    visitor: Visitor,
    name: UUID | None,
    wanted: Wanted,
    *,
    continued: Message | None = None,
    claim: Callable[[Message], None] | None = None,
) -> Message:
    """Start a reply to the last message of the path, and store it; that message as well if it is new.

    What takes time comes before the transaction: SQLite has one writer.
    """
    run_id = uuid4()
    question = path[-1]
    assistant = _assistant_of(question.conversation)
    reply = Message(
        conversation=question.conversation,
        role=Message.Role.ASSISTANT,
        parent=question,
        status=Message.Status.RUNNING,
        run_id=run_id,
        key=name,
        continued=continued,
        model=assistant.model_for(wanted.preferences),
        is_news=True,
    )
    job = _job(reply, path, visitor, wanted.preferences)
    with runs.admit() as place, transaction.atomic():
        one_at_a_time(visitor)
        if claim is not None:
            claim(question)
        _take(visitor)
        _store(question, reply)
        if wanted.chosen and "model" in assistant.takes:
            OfConversation.keep_model(question.conversation, wanted.chosen)
        runs.start(job, run_id=run_id, place=place)
        changes.tell(visitor)
    return reply


def _store(question: Message, reply: Message) -> None:
    """Store a reply; its question with it, and that one's conversation, if they are new.

    Of a conversation that is there, nothing is written but when, and that it is no longer archived: a guest
    may have signed in meanwhile, and own it as a user. Raises `Conversation.DoesNotExist` if it was deleted.
    To delete it takes the lock that is taken here: either nothing is stored, or the reply is stopped.
    """
    if not question._state.adding:
        # Not the key: a reply that ends refers to the row, in a transaction that others wait for.
        there = Conversation.objects.select_for_update(no_key=True).filter(deleted=None)
        there.only("pk").get(pk=question.conversation.pk)
        reply.save(force_insert=True)
        return
    conversation = question.conversation
    if conversation._state.adding:
        conversation.save(force_insert=True)
    else:
        there = Conversation.objects.filter(pk=conversation.pk, deleted=None)
        if not there.update(updated=timezone.now(), is_archived=False):
            raise Conversation.DoesNotExist
    Message.objects.bulk_create([question, reply])
    if question.images:
        Image.objects.attach(question.images, message=question.pk, conversation=conversation.pk)


def _title_of(text: str, images: Sequence[Image]) -> str:
    """What a conversation is called that begins so."""
    return titles.of_message(text if text.strip() or not images else images[0].name)


def _before(
    conversation: Conversation,
    wanted: Wanted,
    *,
    parent: Message | None,
    edited: Message | None,
    leaf: Message | None,
) -> list[Message]:
    """What a new message comes after."""
    if edited is None:
        return _path(conversation, wanted, parent, below=leaf)
    return _path(conversation, wanted, edited.parent) if edited.parent else []


def _path(
    conversation: Conversation, wanted: Wanted, leaf: Message | None, *, below: Message | None = None
) -> list[Message]:
    """As much of the messages up to the leaf as the model can read."""
    most = history.most_characters(wanted.preferences)
    path = conversation.path(leaf, below=below, characters=most)
    add_to(path)
    return path


def _take(visitor: Visitor) -> None:
    """Count one more reply of the visitor's, if they may have it. Raises `LimitReached`."""
    allowance = Allowance(visitor)
    going_on = Message.objects.for_visitor(visitor).unfinished().count()
    allowance.require_room("replies", used=going_on + 1)
    allowance.require_left("tokens", "cost")
    allowance.take("messages")


def _job(reply: Message, path: list[Message], visitor: Visitor, preferences: Preferences) -> Job:
    """What has to run for a reply to the last message of the path."""
    assistant = _assistant_of(reply.conversation)
    taken = preferences.only(assistant.takes)
    so_far = reply.continued.content if reply.continued else ""
    messages = history.for_model(path, so_far=so_far, preferences=taken, sees=assistant.sees(taken))
    return Job(
        runnable=assistant.runnable(taken),
        input=assistant.input(Turn(messages, visitor, path[-1].option, taken)),
        prefix=so_far,
        wanted=StepFilter(**assistant.filters),
        conversation=str(reply.conversation.pk),
        message=str(reply.pk),
        model=reply.model,
    )


def job_of(run_id: UUID) -> Job | None:
    """What a run had to do, for another process to run it. None if its reply has ended, or was deleted.

    The STREAMING["RERUN"] setting names this function.
    """
    reply = Message.objects.unfinished().select_related("conversation__user").filter(run_id=run_id).first()
    if reply is None or reply.parent is None:
        return None
    conversation = reply.conversation
    visitor = Visitor(conversation.user, conversation.guest)
    # By the same model, whatever was chosen since: the reply says which.
    preferences = replace(in_force(visitor, conversation.pk).all, model=reply.model)
    path = _path(conversation, Wanted(preferences), reply.parent)
    return _job(reply, path, visitor, preferences)


def _sees(assistant: str, wanted: Wanted) -> bool:
    return (get_assistant(assistant) or default_assistant()).sees(wanted.preferences)


def _assistant_of(conversation: Conversation) -> Assistant:
    return get_assistant(conversation.assistant) or default_assistant()


def with_text_so_far(path: list[Message]) -> list[Message]:
    """The same messages; in those that are being written is the text that there is by now."""
    for message in path:
        if message.is_running:
            _catch_up(message)
    return path


def _catch_up(message: Message) -> None:
    try:
        log = runs.log(message.run)
    except LookupError:
        return
    if log.ended:  # since the message was read
        message.refresh_from_db()
        return
    message.after = log.last_id
    transcript = Transcript.of(log.events(up_to=message.after))
    message.content, message.details = transcript.text, transcript.details
