from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class DocumentsConfig(AppConfig):
    """What people have uploaded, to be asked about."""

    name = "chatsite.documents"

    def ready(self) -> None:
        from chatsite.documents import checks, pgvector, sqlite_distance  # noqa: F401 - registers the checks

        connection_created.connect(sqlite_distance.teach)
        post_migrate.connect(pgvector.put_to_use, sender=self)
