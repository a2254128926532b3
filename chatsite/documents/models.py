"""Documents and the passages that they are searched by. Of a file only its text is kept."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from django.db import models
from django.urls import reverse

from chatsite.accounts.ownership import Owned, owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.documents.vectors import CosineDistance, VectorField

TITLE_LENGTH = 200
PLACE_LENGTH = 120
MODEL_LENGTH = 200
BATCH = 100
"""Vectors in one INSERT: of 1,536 dimensions, three megabytes of SQL in PostgreSQL."""


class DocumentQuerySet(models.QuerySet["Document"]):
    def for_visitor(self, visitor: Visitor) -> "DocumentQuerySet":
        """Those that are the visitor's own."""
        return self.filter(owned_by(visitor))


class Document(Owned):
    """The text of a file that a person uploaded."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        MARKDOWN = "markdown", "Markdown"
        PDF = "pdf", "PDF"

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
    created = models.DateTimeField(auto_now_add=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where it begins."""
        return reverse("documents:document", args=[self.pk])


class PassageQuerySet(models.QuerySet["Passage"]):
    def for_visitor(self, visitor: Visitor) -> "PassageQuerySet":
        """Those of the visitor's own documents."""
        return self.filter(owned_by(visitor, through="document")).select_related("document")

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

    The full-text index follows this table by triggers (migration 0002). SQLite drops them with the
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
