from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Images that people send with their messages, to models that see."""

    name = "chatsite.images"
