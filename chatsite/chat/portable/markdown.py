"""Writes conversations as Markdown: of each what its page shows, from the first message to the newest."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from chatsite.chat.models import Conversation, Message
from chatsite.chat.portable.numbering import path_to, read
from chatsite.chat.rendered import is_read_as_fields


def as_markdown(conversations: Iterable[Conversation], *, below: Message | None = None) -> Iterator[str]:
    """The file, in pieces. With `below`, of the branch of one conversation that this message is in."""
    for number, conversation in enumerate(conversations):
        yield "\n---\n\n" if number else ""
        yield f"# {conversation.title}\n"
        for message in read(conversation, path_to(conversation, below=below)):
            yield _message(message)


def _message(message: Message) -> str:
    who = _("You") if message.role == Message.Role.USER else message.model or _("Reply")
    parts = [f"\n## {who} · {message.created:%Y-%m-%d %H:%M} UTC\n\n{_text(message)}\n"]
    parts += [f"\n*(Image: {image.name})*\n" for image in message.images]
    if message.status in (*Message.CUT, *Message.GOING_ON):
        how = _("not finished yet") if message.is_running else message.get_status_display().lower()
        parts.append(f"\n*({how})*\n")
    if documents := message.details.get("documents"):
        names = [document.get("title") or document.get("source") or _("Untitled") for document in documents]
        listed = "".join(f"{number}. {name}\n" for number, name in enumerate(names, 1))
        parts.append(f"\n{_('Sources:')}\n\n{listed}")
    return "".join(parts)


def _text(message: Message) -> str:
    text = message.content.rstrip()
    return f"```json\n{text}\n```" if is_read_as_fields(message) else text
