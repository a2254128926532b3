from django.apps import AppConfig
from django.core.signals import request_started


class StreamingConfig(AppConfig):
    """LangChain's tokens for Django."""

    name = "streaming"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from streaming import checks  # noqa: F401 - importing registers them
        from streaming.response import disconnect

        request_started.connect(disconnect.remember, dispatch_uid="streaming.response.disconnect")
