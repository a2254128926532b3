"""Documents and the passages that they are searched by. Of a file only its text is kept."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from chatsite.accounts.ownership import NOBODYS, Owned, owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.documents.vectors import CosineDistance, VectorField
from streaming.errors import with_places

TITLE_LENGTH = 200
PLACE_LENGTH = 120
MODEL_LENGTH = 200
BATCH = 100
"""Passages in one transaction. Their vectors, of 1,536 dimensions, are 3 MB of SQL in PostgreSQL."""
PAUSE = 0.01
"""Seconds between two of them: SQLite has one writer, and others look now and then whether it is free."""
LEFT_BEHIND = timedelta(hours=1)
"""After which a document that is not whole belongs to a process that died."""


PLACES = tuple(
    with_places(form)
    for form in (
        _("page {number:d}"),
        _("part {number:d}"),
        _("row {number:d}"),
        _("rows {first:d}-{last:d}"),
        _("{title}, page {number:d}"),
        _("{title}, part {number:d}"),
        _("{title}, row {number:d}"),
        _("{title}, rows {first:d}-{last:d}"),
    )
)
"""How passages are called that have no heading, alone and with their document. They are kept in English."""


class DocumentQuerySet(models.QuerySet["Document"]):
    def for_visitor(self, visitor: Visitor) -> "DocumentQuerySet":
        """Those that are the visitor's own, and whole."""
        return self.owned(visitor).filter(is_whole=True)

    def owned(self, visitor: Visitor) -> "DocumentQuerySet":
        """Those too that are being stored or deleted."""
        return self.filter(owned_by(visitor))

    def same_file(self, digest: str) -> "Document | None":
        """The one that was made of the same file."""
        return self.filter(digest=digest).first()

    def remove_left_behind(self) -> None:
        """Remove what a process that died has stored or deleted in part."""
        for document in self.filter(is_whole=False, changed__lt=timezone.now() - LEFT_BEHIND)[:BATCH]:
            document.remove()


class Document(Owned):
    """The text of a file that a person uploaded."""

    class Kind(models.TextChoices):
        TEXT = "text", gettext_lazy("Text")
        MARKDOWN = "markdown", "Markdown"
        PDF = "pdf", "PDF"
        WORD = "word", "Word"
        HTML = "html", "HTML"
        TABLE = "table", gettext_lazy("Table")
        CODE = "code", gettext_lazy("Source code")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    title = models.CharField(max_length=TITLE_LENGTH)
    """The file's name, to be shown; never a path."""
    kind = models.CharField(max_length=8, choices=Kind)
    size = models.PositiveBigIntegerField()
    """Of the file, in bytes."""
    pages = models.PositiveIntegerField(null=True)
    """Of a PDF."""
    characters = models.PositiveIntegerField()
    """Of the text that was found in the file."""
    remark = models.TextField(blank=True, default="")
    """What to know of how it was read, for people."""
    created = models.DateTimeField(auto_now_add=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    """Of the file (SHA-256): the same file is kept once. "" for those from before."""
    is_asked = models.BooleanField(default=True)
    """Whether questions are answered from it: the person can leave it out for a while."""
    is_whole = models.BooleanField(default=True)
    """Whether all its passages are there. Before they are, and while they are deleted, nobody sees it."""
    changed = models.DateTimeField(auto_now=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.title

    @classmethod
    def let_go(cls, visitor: Visitor) -> int:
        """Nobody sees them since, not even whoever has one of their addresses."""
        return cls.objects.owned(visitor).update(is_whole=False, changed=timezone.now(), **NOBODYS)

    def get_absolute_url(self) -> str:
        """Where it begins."""
        return reverse("documents:document", args=[self.pk])

    def ask(self, *, asked: bool) -> None:
        """Answer questions from it, or leave it out."""
        self.is_asked = asked
        self.save(update_fields=["is_asked", "changed"])

    def show(self) -> None:
        """All of it is there."""
        self.is_whole = True
        self.save(update_fields=["is_whole", "changed"])

    def remove(self) -> None:
        """Delete it and its passages in small transactions. It is gone for people with the first."""
        self.is_whole = False
        self.save(update_fields=["is_whole", "changed"])
        while batch := list(self.passages.values_list("pk", flat=True)[:BATCH]):
            Passage.objects.filter(pk__in=batch).delete()
            time.sleep(PAUSE)
        Document.objects.filter(pk=self.pk).delete()


class PassageQuerySet(models.QuerySet["Passage"]):
    def for_visitor(self, visitor: Visitor) -> "PassageQuerySet":
        """Those of the visitor's own documents, as far as they are whole."""
        own = self.filter(owned_by(visitor, through="document"), document__is_whole=True)
        return own.select_related("document")

    def asked(self) -> "PassageQuerySet":
        """Those of documents that are not left out."""
        return self.filter(document__is_asked=True)

    def embedded(self, model: str) -> "PassageQuerySet":
        """Those that have a vector of that model."""
        return self.filter(embedding__model=model)

    def not_embedded(self, model: str) -> "PassageQuerySet":
        """Those that have none, or one of another model."""
        return self.exclude(embedding__model=model)

    def nearest(self, vector: Sequence[float], *, model: str) -> "PassageQuerySet":
        """Those with a vector of that model that can be compared with this one, the nearest first.

        All of them are compared: an index finds the nearest of everybody's, of which few are the person's.
        """
        comparable = self.embedded(model).filter(embedding__dimensions=len(vector))
        return comparable.order_by(CosineDistance("embedding__vector", vector), "pk")


class Passage(models.Model):
    """A piece of a document, as long as a paragraph or two.

    The full-text index follows this table by triggers (migration 0008). SQLite drops them with the
    table, and Django makes the table anew to alter it: a migration that does so makes them again.
    """

    id = models.BigAutoField(primary_key=True)
    """A whole number, as SQLite's full-text index wants it. Addresses have the `uuid`."""
    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    document = models.ForeignKey(Document, related_name="passages", on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    """From 1, in the order of the text."""
    place = models.CharField(max_length=PLACE_LENGTH)
    """Where in the document, for people: a page, a heading, a part."""
    overlap = models.PositiveIntegerField()
    """So many of its first characters are also the last ones of the passage before."""
    text = models.TextField()
    unspaced = models.TextField(null=True)
    """What full-text search finds words by that stand without blanks (`unspaced.py`). NULL: not looked at."""

    objects = PassageQuerySet.as_manager()

    class Meta:
        ordering = ("document", "number")
        constraints = [
            models.UniqueConstraint(fields=("document", "number"), name="documents_passage_number"),
        ]

    def __str__(self) -> str:
        return f"{self.document.title}, {self.place}"

    def get_absolute_url(self) -> str:
        return reverse("documents:passage", args=[self.uuid])


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def store(self, vectors: Mapping[int, Sequence[float]], *, model: str) -> None:
        """Keep the vectors of passages (by their primary keys), in place of those that they have."""
        rows = [
            Embedding(passage_id=passage, model=model, dimensions=len(vector), vector=vector)
            for passage, vector in vectors.items()
        ]
        self.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["passage"],
            update_fields=["model", "dimensions", "vector"],
        )


class Embedding(models.Model):
    """Where a passage's meaning lies, as the model that EMBEDDING_MODEL named then has it.

    A passage has one, or none yet: after a change of the model, `manage.py embed` makes them anew.
    """

    passage = models.OneToOneField(Passage, primary_key=True, on_delete=models.CASCADE)
    model = models.CharField(max_length=MODEL_LENGTH)
    dimensions = models.PositiveIntegerField()
    vector = VectorField()

    objects = EmbeddingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.passage_id}, {self.model}"
