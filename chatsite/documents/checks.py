"""System checks: what EMBEDDING_MODEL needs is there. chatsite/documents/apps.py registers them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from chatsite.config.terminal import say
from chatsite.documents import pgvector


@register(Tags.compatibility)
def embeddings_have_a_server(**_: Any) -> Iterator[CheckMessage]:
    if settings.EMBEDDING_MODEL and not (settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL):
        message = say("EMBEDDING_MODEL is {model!r}, and there is no server to ask for it.").format(
            model=settings.EMBEDDING_MODEL
        )
        hint = say("Set OPENAI_API_KEY or OPENAI_BASE_URL: the model in the box makes no embeddings.")
        yield Error(message, hint=hint, id="chatsite.documents.E001")


@register(Tags.database)
def vectors_can_be_compared(databases: Sequence[str] | None = None, **_: Any) -> Iterator[CheckMessage]:
    for alias in databases or ():
        if pgvector.is_wanted(connections[alias]) and not pgvector.is_installed(connections[alias]):
            yield Error(pgvector.INSTALL, id="chatsite.documents.E002")


@register(Tags.database)
def passages_have_vectors(databases: Sequence[str] | None = None, **_: Any) -> Iterator[CheckMessage]:
    from chatsite.documents.models import Embedding, Passage

    model = settings.EMBEDDING_MODEL
    for alias in databases or () if model else ():
        # `migrate` checks before it has made the tables.
        if Embedding._meta.db_table not in connections[alias].introspection.table_names():
            continue
        if Passage.objects.using(alias).not_embedded(model).exists():
            message = say("Some documents were uploaded without the EMBEDDING_MODEL {model!r}.").format(
                model=model
            )
            hint = say("They are found by their words only, until `python manage.py embed` has been run.")
            yield Warning(message, hint=hint, id="chatsite.documents.W001")
