from django.apps import AppConfig


class LiveConfig(AppConfig):
    """The list of conversations, kept up to date in every page that shows it."""

    name = "chatsite.live"
