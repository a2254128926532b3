from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """What people have uploaded, to be asked about."""

    name = "chatsite.documents"
