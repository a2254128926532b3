"""Guests were known by their sessions: take note of each who owns something."""

from typing import Any

from django.db import migrations


def take_note(apps: Any, schema_editor: object) -> None:
    guests = set()
    for model in (apps.get_model("chat", "Conversation"), apps.get_model("documents", "Document")):
        guests.update(model.objects.exclude(guest="").values_list("guest", flat=True).distinct())
    Guest = apps.get_model("accounts", "Guest")
    Guest.objects.bulk_create(
        [Guest(id=guest, key_hash=f"session {guest}") for guest in sorted(guests)], batch_size=500
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_guests"),
        ("chat", "0006_created_by_the_database"),
        ("documents", "0003_embedding"),
    ]
    operations = [migrations.RunPython(take_note, migrations.RunPython.noop)]
