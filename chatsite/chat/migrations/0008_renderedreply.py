import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0007_waiting"),
    ]

    operations = [
        migrations.CreateModel(
            name="RenderedReply",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="rendered",
                        serialize=False,
                        to="chat.message",
                    ),
                ),
                ("html", models.TextField()),
                ("seal", models.CharField(max_length=64)),
            ],
        ),
    ]
