"""Finds the passages of a person's documents that a question is about: by its words, and with EMBEDDING_MODEL
by its meaning too. The person's own documents are searched, and no others.
"""

from collections.abc import Sequence

from chatsite.accounts.visitor import Visitor
from chatsite.documents import embeddings
from chatsite.documents.full_text import by_words
from chatsite.documents.models import Passage, PassageQuerySet

MORE = 3
"""So many times as many as are wanted are looked at, each way: what both ways find is worth more, and what is
there twice is left out."""
FLATTEN = 60
"""Of reciprocal rank fusion, the usual number: how little more the first place is worth than the second."""


def search(question: str, *, visitor: Visitor, limit: int) -> list[Passage]:
    """The visitor's passages that fit best, best first. Raises `EmbeddingFailed`.

    A passage that has no vector of the model in use is found by its words, as without a model.
    """
    own = Passage.objects.for_visitor(visitor).asked()
    vector = _vector_of(question, own)
    found = by_words(question, own, limit=MORE * limit)
    if vector is not None:
        nearest = own.nearest(vector, model=embeddings.model_name())[: MORE * limit]
        found = _fused([list(nearest), found])
    return _each_once(found)[:limit]


def _each_once(passages: Sequence[Passage]) -> list[Passage]:
    """Of passages with the same text the best: a file can be there twice, by another name or from before."""
    by_text: dict[str, Passage] = {}
    for passage in passages:
        by_text.setdefault(passage.text.strip(), passage)
    return list(by_text.values())


def _vector_of(question: str, passages: PassageQuerySet) -> Sequence[float] | None:
    """None where there is nothing to compare it with: then nobody is asked for it."""
    model = embeddings.model_name()
    if not model or not passages.embedded(model).exists():
        return None
    return embeddings.of_question(question)


def _fused(rankings: Sequence[Sequence[Passage]]) -> list[Passage]:
    """One ranking of several whose scores cannot be compared: each place counts, not how it came about."""
    passages: dict[int, Passage] = {}
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, passage in enumerate(ranking, 1):
            passages[passage.pk] = passage
            scores[passage.pk] = scores.get(passage.pk, 0) + 1 / (FLATTEN + place)
    return sorted(passages.values(), key=lambda passage: -scores[passage.pk])
