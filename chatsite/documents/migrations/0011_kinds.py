from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0010_digest")]
    operations = [
        migrations.AlterField(
            "document",
            "kind",
            models.CharField(
                choices=[
                    ("text", "Text"),
                    ("markdown", "Markdown"),
                    ("pdf", "PDF"),
                    ("word", "Word"),
                    ("html", "HTML"),
                    ("table", "Table"),
                    ("code", "Source code"),
                ],
                max_length=8,
            ),
        )
    ]
