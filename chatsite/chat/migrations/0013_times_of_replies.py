from django.db import migrations, models


class Migration(migrations.Migration):
    # On SQLite both are added without making the table anew, so the triggers of the search stay.
    dependencies = [("chat", "0012_search_older")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="first_token_ms",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="took_ms",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
