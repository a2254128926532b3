"""All that the site keeps of a person as one ZIP file, which is written while it is sent."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils import timezone

from chatsite.accounts.ownership import owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.chat.portable.export import as_json, everything_of
from chatsite.chat.portable.markdown import as_markdown
from chatsite.chat.portable.numbering import let_go
from chatsite.documents.models import Document
from chatsite.feedback.models import Opinion
from chatsite.preferences.in_force import in_force
from chatsite.sharing.models import Link

if TYPE_CHECKING:
    from django.db.models import QuerySet

PIECE = 64 * 1024
"""Bytes that are collected before they are sent."""
AT_ONCE = 50
"""Rows in one query."""


class _Outbox(io.RawIOBase):
    """What the ZIP file is written to: it cannot be gone back in."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self.waiting = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._written.append(piece)
        self.waiting += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """What was written since."""
        taken, self._written, self.waiting = b"".join(self._written), [], 0
        return taken


def archive_of(visitor: Visitor) -> Iterator[bytes]:
    """The file, in pieces."""
    outbox = _Outbox()
    with ZipFile(outbox, "w", ZIP_DEFLATED) as archive:
        for name, texts in _files(visitor):
            info = ZipInfo(name, timezone.now().timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as file:
                for text in texts:
                    file.write(text.encode())
                    if outbox.waiting >= PIECE:
                        yield outbox.take()
    yield outbox.take()


def _files(visitor: Visitor) -> Iterator[tuple[str, Iterable[str]]]:
    yield "you.json", _about(visitor)
    yield "chats.json", as_json(everything_of(visitor))
    yield "chats.md", as_markdown(everything_of(visitor))
    own = Document.objects.for_visitor(visitor).order_by("created", "pk")
    for number, (pk, title) in enumerate(list(own.values_list("pk", "title")), 1):
        yield f"documents/{number}-{_as_name(title)}.txt", _text_of(pk)


def _about(visitor: Visitor) -> Iterator[str]:
    """What is in no other file, a list at a time."""
    user = visitor.user
    account = {"name": user.get_username(), "email": user.email, "joined": user.date_joined} if user else None
    yield f'{{"account":{_json(account)},\n"settings":{_json(asdict(in_force(visitor).own))}'
    opinions = Opinion.objects.filter(
        owned_by(visitor, through="message__conversation"), message__conversation__deleted=None
    )
    documents = Document.objects.for_visitor(visitor)
    for name, rows in (
        ("documents", documents.values("pk", "title", "kind", "size", "pages", "characters", "created")),
        ("links", Link.objects.for_visitor(visitor).values("pk", "token", "title", "created")),
        ("opinions", opinions.values("pk", "message__content", "is_good", "comment", "changed")),
    ):
        yield f',\n"{name}":['
        yield from _listed(rows)
        yield "]"
    yield "}\n"


def _listed(rows: "QuerySet[Any, Any]") -> Iterator[str]:
    """A few in a query, between which no connection is held."""
    rows, first = rows.order_by("pk"), True
    rest = rows
    while some := list(rest[:AT_ONCE]):
        let_go()
        last = some[-1]["pk"]
        for row in some:
            del row["pk"]
            yield ("\n" if first else ",\n") + _json(row)
            first = False
        rest = rows.filter(pk__gt=last)


def _text_of(document: UUID) -> Iterator[str]:
    """The text of a document, whose passages overlap."""
    passages = Document(pk=document).passages.order_by("number")
    after = 0
    while some := list(passages.filter(number__gt=after)[:AT_ONCE]):
        let_go()
        yield "".join(passage.text[passage.overlap :] for passage in some)
        after = some[-1].number


def _as_name(title: str) -> str:
    """The title as a file's name, wherever it is unpacked."""
    kept = "".join(character if character.isalnum() or character in " .-_" else "_" for character in title)
    return kept.strip(" .")[:80] or "document"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda moment: moment.isoformat())
