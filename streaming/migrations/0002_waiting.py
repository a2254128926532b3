from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("streaming", "0001_durable_runs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="status",
            field=models.CharField(
                choices=[
                    ("running", "Running"),
                    ("waiting", "Waiting"),
                    ("done", "Done"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                    ("interrupted", "Interrupted"),
                ],
                db_index=True,
                default="running",
                max_length=11,
            ),
        ),
    ]
