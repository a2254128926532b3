from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_guests_of_sessions")]
    operations = [migrations.AddField("passage", "unspaced", models.TextField(null=True))]
