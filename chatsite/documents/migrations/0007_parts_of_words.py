"""Cut up the words without blanks of passages that are there already, some at a time: others write meanwhile."""

from typing import Any

from django.db import migrations

from chatsite.documents.unspaced import parts_in

BATCH = 100


def cut(apps: Any, schema_editor: object) -> None:
    Passage = apps.get_model("documents", "Passage")
    while batch := list(Passage.objects.filter(unspaced=None).only("text")[:BATCH]):
        for passage in batch:
            passage.unspaced = parts_in(passage.text)
        Passage.objects.bulk_update(batch, ["unspaced"])


class Migration(migrations.Migration):
    atomic = False  # what is done stays done: begun anew, it goes on
    dependencies = [("documents", "0006_unspaced")]
    operations = [migrations.RunPython(cut, migrations.RunPython.noop)]
