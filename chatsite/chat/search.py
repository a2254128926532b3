"""Finds what a person has written, or was answered, by pieces of words, in any script: the newest first.

All terms have to be there, as they are written but for capitals. SQLite has an index of trigrams (FTS5),
PostgreSQL one of all runs of one to three characters. Terms that are shorter than three characters are no
trigrams: for these, SQLite looks at a person's newest texts one by one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from chatsite.accounts.visitor import Visitor
from chatsite.chat.search_text import SearchText

MOST_TERMS = 10
LONGEST = 200
"""Characters of a search that are looked for."""
GRAM = 3
LOOKED_AT = 5_000
"""Texts in which SQLite looks for short terms alone."""
BEFORE = 60
SNIPPET = 200
"""Characters of a text that are shown, and so many of them before the first hit."""


@dataclass(frozen=True)
class Piece:
    """A part of a text: one of the terms, or what is between."""

    text: str
    is_hit: bool


@dataclass(frozen=True)
class Hit:
    """A title or message with all the terms."""

    found: SearchText
    pieces: Sequence[Piece]

    @property
    def is_title(self) -> bool:
        return self.found.message_id is None


def terms_of(query: str) -> list[str]:
    """The words of a search, each once. Nothing in them has a meaning but what it says."""
    plain = "".join(" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in query[:LONGEST])
    return list(dict.fromkeys(plain.split()))[:MOST_TERMS]


def search(terms: Sequence[str], *, visitor: Visitor, limit: int, before: int | None = None) -> list[Hit]:
    """The visitor's own titles and messages with all the terms, the newest first; those before a number."""
    texts = SearchText.objects.for_visitor(visitor).order_by("-id")
    if not terms:
        return []
    if before is not None:
        texts = texts.filter(id__lt=before)
    found = (_postgresql if connection.vendor == "postgresql" else _sqlite)(texts, terms)
    return [Hit(row, pieces_of(row.text, terms)) for row in found[:limit]]


def pieces_of(text: str, terms: Sequence[str]) -> list[Piece]:
    """What is shown of a text: the first of the terms, with what is around it."""
    pattern = re.compile("|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True)), re.I)
    first = pattern.search(text)
    begin = max(0, first.start() - BEFORE) if first else 0
    shown = text[begin : begin + SNIPPET]
    parts = re.split(f"({pattern.pattern})", shown, flags=re.I)  # every second one is a hit
    pieces = [Piece(part, bool(number % 2)) for number, part in enumerate(parts) if part]
    cut_before = [Piece("…", is_hit=False)] if begin else []
    cut_after = [Piece("…", is_hit=False)] if begin + SNIPPET < len(text) else []
    return [*cut_before, *pieces, *cut_after]


def _sqlite(texts: QuerySet[SearchText], terms: Sequence[str]) -> QuerySet[SearchText]:
    long = [term for term in terms if len(term) >= GRAM]
    if long:
        quoted = " ".join('"' + term.replace('"', '""') + '"' for term in long)
        # The index is no model of Django's: `extra` joins it and leaves the filter by owner as it is.
        texts = texts.extra(
            tables=["chat_searchtext_index"],
            where=[
                "chat_searchtext_index.rowid = chat_searchtext.id",
                "chat_searchtext_index.chat_searchtext_index MATCH %s",
            ],
            params=[quoted],
            order_by=["-chat_searchtext_index.rowid"],
        )
    else:
        newest = texts.values("id")[:LOOKED_AT]
        texts = SearchText.objects.filter(id__in=newest).select_related("conversation").order_by("-id")
    for term in terms:
        if len(term) < GRAM:
            # SQLite knows the capitals of ASCII only.
            forms = {term.lower(), term.upper(), term.title()}
            texts = texts.filter(Q.create([Q(text__contains=form) for form in forms], Q.OR))
    return texts


def _postgresql(texts: QuerySet[SearchText], terms: Sequence[str]) -> QuerySet[SearchText]:
    for term in terms:
        # By the index first; then whether the pieces stand together.
        texts = texts.extra(
            where=[
                "chat_grams(chat_searchtext.text) @> chat_grams(%s)",
                "position(lower(%s) in lower(chat_searchtext.text)) > 0",
            ],
            params=[term, term],
        )
    return texts
