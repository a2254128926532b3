"""Guests were known by their sessions: take note of each who owns something."""

from typing import Any

from django.db import migrations


def take_note(apps: Any, schema_editor: object) -> None:
    """Those with conversations. The documents' own migration does the same for theirs."""
    conversations = apps.get_model("chat", "Conversation").objects.exclude(guest="")
    guests = sorted(set(conversations.values_list("guest", flat=True)))
    Guest = apps.get_model("accounts", "Guest")
    Guest.objects.bulk_create(
        [Guest(id=guest, key_hash=f"session {guest}") for guest in guests],
        batch_size=500,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_guests"),
        ("chat", "0006_created_by_the_database"),
    ]
    operations = [migrations.RunPython(take_note, migrations.RunPython.noop)]
