from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Links by which everybody can read a conversation."""

    name = "chatsite.sharing"
