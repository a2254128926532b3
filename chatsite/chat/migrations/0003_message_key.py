from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0002_details"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="key",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
