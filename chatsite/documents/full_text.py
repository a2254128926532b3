"""Finds passages by the words of a question: the full-text search of the database in use.

SQLite has FTS5, ranked by BM25; PostgreSQL has its own. Both stem English words, and both find other
languages by the words as they are written, or where no blanks are between them by their parts
(`unspaced.py`).
"""

import functools
import operator
import unicodedata
from collections.abc import Sequence

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db import connection
from django.db.models import QuerySet

from chatsite.documents import unspaced
from chatsite.documents.models import Passage, PassageQuerySet

MOST_WORDS = 40
"""Of a question, that are searched for."""
LONGEST_WORD = 100
"""Longer ones are no words: addresses, base64. PostgreSQL would complain of them."""
WORTH = 1 / 3
"""Of the best passage's score, that another one needs: with a rare word found, common ones are noise."""
SCORE = "score"
CONFIG = "english"
"""PostgreSQL's; the index of migration 0008 is made with it."""

# Words that say nothing about what is asked. PostgreSQL leaves out its own.
STOP_WORDS = frozenset(
    """
    a about am an and are as at be been but by can could did do does for from had has have he her his
    how i if in is it its may me my of on or our shall she should so than that the their them then there
    these they this those to us was we were what when where which who whom whose why will with would you
    your
    """.split()  # noqa: SIM905 - a column of 80 strings would be no better to read
)


def by_words(question: str, passages: PassageQuerySet, *, limit: int) -> list[Passage]:
    """Those that fit best, best first. None for a question without words."""
    words = words_of(question)
    if not words:
        return []
    ranked = _postgresql(passages, words) if connection.vendor == "postgresql" else _sqlite(passages, words)
    found = [(passage, float(getattr(passage, SCORE))) for passage in ranked[:limit]]
    return [passage for passage, score in found if score >= WORTH * found[0][1]]


def words_of(question: str) -> list[str]:
    """The words to look for, each once; of nothing but stop words, these."""
    # Letters, their marks, and numbers: nothing is left that a query could mean something by.
    plain = "".join(
        character if unicodedata.category(character)[0] in "LMN" else " " for character in question.lower()
    )
    parts = (part for word in plain.split() for part in unspaced.parts_of(word))
    words = list(dict.fromkeys(part for part in parts if len(part) <= LONGEST_WORD))
    return ([word for word in words if word not in STOP_WORDS] or words)[:MOST_WORDS]


def _sqlite(passages: PassageQuerySet, words: Sequence[str]) -> QuerySet[Passage]:
    query = " OR ".join(f'"{word}"' + "*" * unspaced.is_single(word) for word in words)
    # The index is no model of Django's: `extra` joins it and leaves the filter by owner as it is.
    return passages.extra(  # noqa: S610 - nothing in it is a person's, but for the parameter
        select={SCORE: "-documents_passage_index.rank"},
        tables=["documents_passage_index"],
        where=[
            "documents_passage_index.rowid = documents_passage.id",
            "documents_passage_index.documents_passage_index MATCH %s",
        ],
        params=[query],
        order_by=["documents_passage_index.rank", "documents_passage.id"],
    )


def _postgresql(passages: PassageQuerySet, words: Sequence[str]) -> QuerySet[Passage]:
    query = functools.reduce(operator.or_, [_postgresql_query(word) for word in words])
    vector = SearchVector("text", "unspaced", config=CONFIG)
    found = passages.annotate(vector=vector).filter(vector=query)
    return found.annotate(**{SCORE: SearchRank(vector, query)}).order_by(f"-{SCORE}", "pk")


def _postgresql_query(word: str) -> SearchQuery:
    if unspaced.is_single(word):
        return SearchQuery(f"'{word}':*", config=CONFIG, search_type="raw")
    return SearchQuery(word, config=CONFIG)
