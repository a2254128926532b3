"""What was there before the search can be found as well. It may be run again after it was interrupted."""

from collections.abc import Iterator
from typing import Any

from django.db import migrations

LONGEST = 100_000
STEP = 200
"""Texts in one transaction: a site that is running wants to write as well."""


def fill(apps: Any, schema_editor: Any) -> None:
    """The oldest first: the order in which they are found."""
    texts = apps.get_model("chat", "SearchText").objects
    conversations = apps.get_model("chat", "Conversation").objects.order_by("created", "pk")
    for ids in _steps(conversations):
        titles = conversations.filter(pk__in=ids).values_list("pk", "title")
        texts.bulk_create(
            (texts.model(conversation_id=pk, text=title) for pk, title in titles), ignore_conflicts=True
        )
    messages = (
        apps.get_model("chat", "Message").objects.exclude(content="").order_by("created", "-role", "pk")
    )
    for ids in _steps(messages):
        rows = messages.filter(pk__in=ids).values_list("pk", "conversation_id", "content")
        texts.bulk_create(
            (
                texts.model(conversation_id=conversation, message_id=pk, text=content[:LONGEST])
                for pk, conversation, content in rows
            ),
            ignore_conflicts=True,
        )


def _steps(rows: Any) -> Iterator[list[Any]]:
    ids = list(rows.values_list("pk", flat=True))
    for begin in range(0, len(ids), STEP):
        yield ids[begin : begin + STEP]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0011_search_index")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
