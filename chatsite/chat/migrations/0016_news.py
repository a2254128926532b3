from django.db import migrations, models


class Migration(migrations.Migration):
    # On SQLite it is added without making the table anew, so the triggers of the search stay.
    dependencies = [("chat", "0015_replies_by_time")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="is_news",
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("is_news", True)),
                fields=["conversation"],
                name="chat_news_of_conversation",
            ),
        ),
    ]
