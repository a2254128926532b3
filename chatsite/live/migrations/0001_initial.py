from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ListChanges",
            fields=[
                ("who", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
                ("asked", models.DateField(db_index=True)),
            ],
        ),
    ]
