"""Finished replies are rendered once. Their HTML is stored beside them, and a page reads all of it at once.

The database is not believed: each row has a seal, which the site's secret key makes of the HTML, of the text
and of the renderer's version. Where it does not fit, since somebody else wrote the row, or the text or the
renderer is another one by now, the reply is rendered anew.
"""

import contextlib
import re
from collections.abc import Iterable

from django.db import DatabaseError
from django.utils.crypto import constant_time_compare, salted_hmac

from chatsite.chat.models import Message, RenderedReply
from chatsite.chat.rendering import pieces
from chatsite.chat.rendering.markdown import render, renderer_version
from chatsite.config.sqlite.queue import patience
from streaming.scheduling import give_way

LONGEST = 1_000_000
"""Characters of HTML that are stored of a reply. Of a longer one nothing is: it is rendered for each page."""
WAIT = 0.05
"""Seconds that a page waits for its turn to write. If others write all the while, the next page may do it."""

# static/chat/reply/text.js has the same.
_LOOKS_LIKE_JSON = re.compile(r"\s*(?:```\w*\s*)?[{[]")


def with_html(messages: list[Message]) -> list[Message]:
    """The same messages; finished replies have their `html`."""
    finished = [message for message in messages if _is_shown_as_html(message)]
    stored = RenderedReply.objects.in_bulk([message.pk for message in finished])
    new = [_rendered(message) for message in finished if not _take(message, stored.get(message.pk))]
    _store(row for row in new if row is not None)
    return messages


def looks_like_json(message: Message) -> bool:
    """Whether fields may have been read from the text, or may still be."""
    return bool(_LOOKS_LIKE_JSON.match(message.content))


def is_read_as_fields(message: Message) -> bool:
    """Whether fields were read from the text: it is shown as it was written."""
    return "output" in message.details and looks_like_json(message)


def seal_of(content: str, html: str) -> str:
    """What only this site can have written beside the HTML that this renderer makes of the content."""
    parts = (renderer_version(), str(len(content)), content, html)
    return salted_hmac("chatsite.chat.rendered", "\n".join(parts), algorithm="sha256").hexdigest()


def _is_shown_as_html(message: Message) -> bool:
    is_finished = message.role == Message.Role.ASSISTANT and not message.is_running
    return is_finished and bool(message.content) and not is_read_as_fields(message)


def _take(message: Message, row: RenderedReply | None) -> bool:
    """Let the message have the stored HTML, if it is the right one."""
    if row is None or not constant_time_compare(row.seal, seal_of(message.content, row.html)):
        return False
    message.html = pieces.stored(row.html)
    return True


def _rendered(message: Message) -> RenderedReply | None:
    """Render the message. Returns what of that can be stored."""
    give_way()  # a page can have many of them
    whole = render(message.content, owner=message.conversation.owner)
    message.html = whole.html
    if whole.is_provisional or len(whole.html) > LONGEST:
        return None
    return RenderedReply(message=message, html=whole.html, seal=seal_of(message.content, whole.html))


def _store(rows: Iterable[RenderedReply]) -> None:
    """Store them if that is possible now. The page does without."""
    # The database is busy or away, or somebody has deleted the conversation meanwhile.
    with contextlib.suppress(DatabaseError), patience(WAIT):
        RenderedReply.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["message"], update_fields=["html", "seal"]
        )
