from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_message_continued")]

    operations = [
        migrations.AlterModelOptions(name="message", options={"ordering": ("created", "-role")}),
        migrations.AlterField(
            model_name="message",
            name="created",
            field=models.DateTimeField(db_default=Now()),
        ),
    ]
