"""manage.py embed: vectors for documents that were uploaded without EMBEDDING_MODEL, or with another one."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.config.command import TerminalCommand
from chatsite.documents import embeddings
from chatsite.documents.models import Embedding, Passage
from streaming.errors import in_language


class Command(TerminalCommand):
    help = gettext_noop(
        "Makes the vectors that documents lack of the EMBEDDING_MODEL. "
        "What it has done is kept: run it again after a failure, and it goes on from there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--again",
            action="store_true",
            help=_("make those that are there anew too: another server has a model of the same name"),
        )

    def handle(self, *, again: bool, **options: Any) -> None:
        model = embeddings.model_name()
        if not model:
            raise CommandError(_("EMBEDDING_MODEL is not set: documents are found by their words."))
        passages = Passage.objects.all() if again else Passage.objects.not_embedded(model)
        total, done = passages.count(), 0
        try:
            for texts in _batches(passages.values_list("pk", "text")):
                done += _embed(texts, model=model)
                self.stdout.write(_("{done} of {total} passages").format(done=done, total=total))
        except embeddings.EmbeddingFailed as exc:
            told = _("{why} {done} of {total} passages are done.")
            raise CommandError(told.format(why=in_language(str(exc)), done=done, total=total)) from exc
        except KeyboardInterrupt:
            sys.exit(130)
        self.stdout.write(_("Every passage has a vector of {model}.").format(model=model))


def _batches(passages: Any) -> Iterator[dict[int, str]]:
    """Texts by primary key, some at a time: each query is over before its texts are embedded."""
    last = 0
    while texts := dict(passages.filter(pk__gt=last).order_by("pk")[: settings.EMBEDDING_BATCH]):
        yield texts
        last = max(texts)


def _embed(texts: dict[int, str], *, model: str) -> int:
    """How many got one: a document may be deleted while its vectors are made."""
    vectors = dict(zip(texts, embeddings.of_passages(list(texts.values())), strict=True))
    with transaction.atomic():
        there = set(Passage.objects.select_for_update().filter(pk__in=vectors).values_list("pk", flat=True))
        Embedding.objects.store({pk: vector for pk, vector in vectors.items() if pk in there}, model=model)
    return len(there)
