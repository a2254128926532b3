from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The project itself, for what belongs to no single app: the checks of its settings."""

    name = "chatsite"
    label = "site"

    def ready(self) -> None:
        from chatsite import checks  # noqa: F401 - importing registers them
