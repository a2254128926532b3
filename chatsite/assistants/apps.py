from django.apps import AppConfig


class AssistantsConfig(AppConfig):
    """Whom a person can talk to."""

    name = "chatsite.assistants"
