from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations, messages, and the page."""

    name = "chatsite.chat"
