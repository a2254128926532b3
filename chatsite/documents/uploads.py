"""Takes a file: has it read, has it embedded where EMBEDDING_MODEL is set, and stores all of it or nothing.

A long document is thousands of rows. They are stored in small transactions, between which others write, and
nobody sees the document before it is whole.
"""

import hashlib
import time
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Sum

from chatsite.accounts import limits
from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor, one_at_a_time
from chatsite.documents import embeddings
from chatsite.documents.models import BATCH, PAUSE, TITLE_LENGTH, Document, Embedding, Passage
from chatsite.documents.parsing import Parsed, kind_of, parse
from chatsite.documents.passages import Piece
from chatsite.documents.unspaced import parts_in
from streaming import admission
from streaming.admission import Admission, Place, TooMany

AT_ONCE = 4
"""Files that one process has in hand at the same time, also those that wait for their turn: each holds a
thread, and the few that replies leave are for pages and Stop."""
EACH = 2
"""Of these, files of one person."""

_in_hand = Admission()


class AlreadyThere(Exception):
    """The person has uploaded the same file before."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.document = document


def add(name: str, content: bytes, *, visitor: Visitor) -> Document:
    """Store what is in a file. Raises `Unreadable`, `AlreadyThere`, `LimitReached`, `EmbeddingFailed`, and
    `Busy` where the process has too many in hand.
    """
    kind_of(name)
    digest = hashlib.sha256(content).hexdigest()
    with _place(visitor):
        Allowance(visitor).take("uploads")  # also of one that is refused: it is read before
        _require_new(digest, visitor)
        check_room(visitor, len(content))
        parsed = _read(name, content, visitor)
        vectors = _vectors_of(parsed.pieces)  # no connection is held: this takes seconds
        document = _begin(_title(name), len(content), digest, parsed, visitor)
        return _store(document, parsed.pieces, vectors, visitor)


def _require_new(digest: str, visitor: Visitor) -> None:
    """Raises `AlreadyThere`."""
    if same := Document.objects.for_visitor(visitor).same_file(digest):
        raise AlreadyThere(same)


def _place(visitor: Visitor) -> Place:
    """A place for one more file. Nobody waits for it: `LimitReached` at once where the person has none left,
    and `Busy` where the process has none."""
    places = max(1, min(AT_ONCE, admission.limit() // 10))
    try:
        return _in_hand.enter(owner=visitor, most=EACH, of=places)
    except TooMany:
        raise limits.too_many("files", limits.name_of(visitor), most=EACH) from None


def check_room(visitor: Visitor, size: int) -> None:
    """For a file of so many bytes. Raises `LimitReached`."""
    allowance, theirs = Allowance(visitor), Document.objects.owned(visitor)
    allowance.require_room("documents", used=1 + theirs.count())
    allowance.require_room("disk", used=size + (theirs.aggregate(Sum("size"))["size__sum"] or 0))


def _read(name: str, content: bytes, visitor: Visitor) -> Parsed:
    """What is in the file. No database connection is held meanwhile."""
    if not connection.in_atomic_block:
        connection.close()
    return parse(name, content, owner=visitor)


def _vectors_of(pieces: Sequence[Piece]) -> list[embeddings.Vector]:
    """One for each; none at all where documents are found by their words only."""
    if not embeddings.model_name():
        return []
    return embeddings.of_passages([piece.text for piece in pieces])


def _store(
    document: Document, pieces: Sequence[Piece], vectors: Sequence[embeddings.Vector], visitor: Visitor
) -> Document:
    try:
        for start in range(0, len(pieces), BATCH):
            passages = _passages(document, pieces[start : start + BATCH], first=start + 1)
            with transaction.atomic():
                _store_passages(passages, vectors[start : start + BATCH])
            time.sleep(PAUSE)
        with transaction.atomic():
            one_at_a_time(visitor)
            _require_new(document.digest, visitor)  # the same file may have come twice at once
            document.show()
    except BaseException:
        document.remove()
        raise
    return document


def _begin(title: str, size: int, digest: str, parsed: Parsed, visitor: Visitor) -> Document:
    """The document, without its passages. It takes one of the person's places."""
    Document.objects.remove_left_behind()
    with transaction.atomic():
        one_at_a_time(visitor)
        check_room(visitor, size)
        return Document.objects.create(
            user=visitor.user,
            guest=visitor.guest,
            title=title,
            kind=parsed.kind,
            size=size,
            pages=parsed.pages,
            characters=parsed.characters,
            remark=parsed.remark,
            digest=digest,
            is_whole=False,
        )


def _passages(document: Document, pieces: Sequence[Piece], *, first: int) -> list[Passage]:
    return [
        Passage(
            document=document,
            number=number,
            place=piece.place or f"part {number}",
            overlap=piece.overlap,
            text=piece.text,
            unspaced=parts_in(piece.text),
        )
        for number, piece in enumerate(pieces, first)
    ]


def _store_passages(passages: Sequence[Passage], vectors: Sequence[embeddings.Vector]) -> None:
    Passage.objects.bulk_create(passages)
    if vectors:
        by_passage = {passage.pk: vector for passage, vector in zip(passages, vectors, strict=True)}
        Embedding.objects.store(by_passage, model=embeddings.model_name())


def _title(name: str) -> str:
    """The file's name as it can be shown: no control characters, none that turn the line around."""
    shown = "".join(character for character in name if character.isprintable()).strip()
    return shown[-TITLE_LENGTH:] or "Untitled"
