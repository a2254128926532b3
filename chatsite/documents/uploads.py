"""Takes a file: reads it, cuts it into passages, embeds them where EMBEDDING_MODEL is set, and stores all of
it or nothing.
"""

import threading
from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from chatsite.accounts import limits
from chatsite.accounts.visitor import Visitor, one_at_a_time
from chatsite.documents import embeddings
from chatsite.documents.models import TITLE_LENGTH, Document, Embedding, Passage
from chatsite.documents.parsing import Parsed, Unreadable, kind_of, parse
from chatsite.documents.passages import Piece, split
from streaming import admission
from streaming.admission import Admission, Busy, Place

AT_ONCE = 4
"""Files that one process has in hand at the same time, also those that wait for their turn: each holds a
thread, and the few that replies leave are for pages and Stop."""
EACH = 2
"""Of these, files of one person."""
READ_AT_ONCE = 2
"""Of these, files that are being read: that takes a core."""
PATIENCE = 5.0
"""Seconds that a file waits for its turn to be read."""
BATCH = 200
"""Passages in one INSERT."""

_in_hand = Admission()
_reading = threading.BoundedSemaphore(READ_AT_ONCE)


class TooMany(Exception):
    """The person has as many documents as anybody may have. The message is for people."""


def add(name: str, content: bytes, *, visitor: Visitor) -> Document:
    """Store what is in a file. Raises `Unreadable`, `TooMany`, `EmbeddingFailed`, and `Busy` where too many
    come at once.
    """
    kind_of(name)
    with _place(visitor):
        limits.take_as(visitor, "uploads")  # also of one that is refused: it is read before
        check_room(visitor, len(content))
        parsed = _read(name, content)
        pieces = list(split(parsed.sections))
        if not pieces:
            raise Unreadable("The file has no text in it. Choose another one.")
        vectors = _vectors_of(pieces)  # before the transaction: SQLite has one writer, and this takes seconds
        with transaction.atomic():
            one_at_a_time(visitor)
            check_room(visitor, len(content))
            document = _store(_title(name), len(content), parsed, visitor)
            _store_passages(document, pieces, vectors)
        return document


def _place(visitor: Visitor) -> Place:
    """A place for one more file. Nobody waits for it: `Busy` at once where the person, or the process, has
    none."""
    places = max(1, min(AT_ONCE, admission.limit() // 10))
    return _in_hand.enter(owner=visitor, most=EACH, of=places)


def check_room(visitor: Visitor, size: int) -> None:
    """For a file of so many bytes. Raises `TooMany`, `LimitReached`."""
    most: int = settings.DOCUMENTS_PER_PERSON
    theirs = Document.objects.for_visitor(visitor)
    if theirs.count() >= most:
        raise TooMany(f"You have {most:,} documents, as many as you may have. Delete one to upload another.")
    limits.require_room(visitor, "disk", used=size + (theirs.aggregate(Sum("size"))["size__sum"] or 0))


def _read(name: str, content: bytes) -> Parsed:
    """What is in the file, when its turn has come. No database connection is held meanwhile."""
    if not connection.in_atomic_block:
        connection.close()
    if not _reading.acquire(timeout=PATIENCE):
        raise Busy
    try:
        return parse(name, content)
    finally:
        _reading.release()


def _vectors_of(pieces: Sequence[Piece]) -> list[embeddings.Vector]:
    """One for each; none at all where documents are found by their words only."""
    if not embeddings.model_name():
        return []
    return embeddings.of_passages([piece.text for piece in pieces])


def _store(title: str, size: int, parsed: Parsed, visitor: Visitor) -> Document:
    return Document.objects.create(
        user=visitor.user,
        guest=visitor.guest,
        title=title,
        kind=parsed.kind,
        size=size,
        pages=parsed.pages,
        characters=parsed.characters,
    )


def _store_passages(
    document: Document, pieces: Sequence[Piece], vectors: Sequence[embeddings.Vector]
) -> None:
    passages = [
        Passage(
            document=document,
            number=number,
            place=piece.place or f"part {number}",
            overlap=piece.overlap,
            text=piece.text,
        )
        for number, piece in enumerate(pieces, 1)
    ]
    Passage.objects.bulk_create(passages, batch_size=BATCH)
    if vectors:
        by_passage = {passage.pk: vector for passage, vector in zip(passages, vectors, strict=True)}
        Embedding.objects.store(by_passage, model=embeddings.model_name())


def _title(name: str) -> str:
    """The file's name as it can be shown: no control characters, none that turn the line around."""
    shown = "".join(character for character in name if character.isprintable()).strip()
    return shown[-TITLE_LENGTH:] or "Untitled"
