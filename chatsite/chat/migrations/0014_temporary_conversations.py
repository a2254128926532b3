from django.db import migrations, models


class Migration(migrations.Migration):
    # On SQLite it is added without making the table anew, so the triggers of the search stay.
    dependencies = [("chat", "0013_times_of_replies")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="expires",
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
    ]
