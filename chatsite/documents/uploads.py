"""Takes a file: reads it, cuts it into passages, and stores all of it or nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from chatsite.accounts.visitor import Visitor
from chatsite.documents.models import TITLE_LENGTH, Document, Passage
from chatsite.documents.parsing import Parsed, Unreadable, kind_of, parse
from chatsite.documents.passages import split
from streaming.admission import Busy

AT_ONCE = 2
"""Files that one process reads at the same time: reading takes a core, and threads are for replies."""
PATIENCE = 5.0
"""Seconds that an upload waits for its turn."""
BATCH = 200
"""Passages in one INSERT."""

_turns = threading.BoundedSemaphore(AT_ONCE)


class TooMany(Exception):
    """The person has as many documents as anybody may have. The message is for people."""


def add(name: str, content: bytes, *, visitor: Visitor) -> Document:
    """Store what is in a file. Raises `Unreadable`, `TooMany`, and `Busy` where too many come at once."""
    kind_of(name)
    check_room(visitor)
    with _turn():
        parsed = parse(name, content)
    with transaction.atomic():
        check_room(visitor)
        return _store(_title(name), len(content), parsed, visitor)


def check_room(visitor: Visitor) -> None:
    """Raises `TooMany`."""
    most: int = settings.DOCUMENTS_PER_PERSON
    if Document.objects.for_visitor(visitor).count() >= most:
        raise TooMany(f"You have {most:,} documents, as many as you may have. Delete one to upload another.")


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        _turns.release()


def _store(title: str, size: int, parsed: Parsed, visitor: Visitor) -> Document:
    document = Document.objects.create(
        user=visitor.user,
        guest=visitor.guest,
        title=title,
        kind=parsed.kind,
        size=size,
        pages=parsed.pages,
        characters=parsed.characters,
    )
    passages = [
        Passage(
            document=document,
            number=number,
            place=piece.place or f"part {number}",
            overlap=piece.overlap,
            text=piece.text,
        )
        for number, piece in enumerate(split(parsed.sections), 1)
    ]
    if not passages:
        raise Unreadable("The file has no text in it. Choose another one.")
    Passage.objects.bulk_create(passages, batch_size=BATCH)
    return document


def _title(name: str) -> str:
    """The file's name as it can be shown: no control characters, none that turn the line around."""
    shown = "".join(character for character in name if character.isprintable()).strip()
    return shown[-TITLE_LENGTH:] or "Untitled"
