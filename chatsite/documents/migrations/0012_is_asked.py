from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0011_kinds")]
    operations = [migrations.AddField("document", "is_asked", models.BooleanField(default=True))]
