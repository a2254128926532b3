from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0006_created_by_the_database"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("waiting", "Waiting"),
                    ("done", "Done"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                    ("interrupted", "Interrupted"),
                ],
                db_index=True,
                default="done",
                max_length=11,
            ),
        ),
    ]
