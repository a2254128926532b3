from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0009_remark")]
    operations = [
        migrations.AddField("document", "digest", models.CharField(blank=True, default="", max_length=64))
    ]
