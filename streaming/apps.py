from django.apps import AppConfig
from django.core.signals import request_started


class StreamingConfig(AppConfig):
    """LangChain's tokens for Django."""

    name = "streaming"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from streaming import checks, disconnect  # noqa: F401  (registers the checks)

        request_started.connect(disconnect.remember, dispatch_uid="streaming.disconnect")
