from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def interrupt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now a run lived in its process's memory: what has not ended will not end any more."""
    message = apps.get_model("chat", "Message")
    message.objects.filter(status__in=("queued", "running")).update(status="interrupted")


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_message_key"),
        ("streaming", "0001_durable_runs"),
    ]

    operations = [
        migrations.RunPython(interrupt, migrations.RunPython.noop),
    ]
