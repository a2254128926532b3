from django.apps import AppConfig
from django.db.models.signals import post_delete


class ChatConfig(AppConfig):
    """Conversations, messages, and the page."""

    name = "chatsite.chat"

    def ready(self) -> None:
        from chatsite.chat import endings
        from streaming import run_ended

        run_ended.connect(endings.store, dispatch_uid="chat.endings")
        post_delete.connect(endings.forget, sender="chat.Message", dispatch_uid="chat.endings")
