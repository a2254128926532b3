from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0008_unspaced_index")]
    operations = [migrations.AddField("document", "remark", models.TextField(blank=True, default=""))]
