from django.apps import AppConfig
from django.core.signals import request_started
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class StreamingConfig(AppConfig):
    """LangChain's tokens for Django."""

    name = "streaming"
    verbose_name = _("Streaming")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from streaming import branch_connections, checks  # noqa: F401 - importing registers the checks
        from streaming.response import disconnect

        request_started.connect(disconnect.remember, dispatch_uid="streaming.response.disconnect")
        connection_created.connect(branch_connections.note, dispatch_uid="streaming.branch_connections")
