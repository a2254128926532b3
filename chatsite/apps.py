from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The project itself. Registers the checks of its settings, which belong to no single app."""

    name = "chatsite"
    label = "site"

    def ready(self) -> None:
        from chatsite import checks  # noqa: F401 - importing registers them
