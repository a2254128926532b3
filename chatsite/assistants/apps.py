from django.apps import AppConfig


class AssistantsConfig(AppConfig):
    """Whom a person can talk to."""

    name = "chatsite.assistants"

    def ready(self) -> None:
        from chatsite.assistants import checks  # noqa: F401 - registers the check
