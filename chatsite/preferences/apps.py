from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    """What a person wants of the model: for themselves, and for a conversation."""

    name = "chatsite.preferences"
