"""Guests were known by their sessions: take note of each who has documents."""

from typing import Any

from django.db import migrations


def take_note(apps: Any, schema_editor: object) -> None:
    documents = apps.get_model("documents", "Document").objects.exclude(guest="")
    guests = sorted(set(documents.values_list("guest", flat=True)))
    Guest = apps.get_model("accounts", "Guest")
    Guest.objects.bulk_create(
        [Guest(id=guest, key_hash=f"session {guest}") for guest in guests],
        batch_size=500,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_guests_of_sessions"), ("documents", "0004_whole")]
    operations = [migrations.RunPython(take_note, migrations.RunPython.noop)]
