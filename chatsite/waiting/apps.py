from django.apps import AppConfig


class WaitingConfig(AppConfig):
    """Messages that were written while a reply was, and wait for its end."""

    name = "chatsite.waiting"

    def ready(self) -> None:
        from chatsite.waiting import endings
        from streaming import run_ended

        # After the chat's own receiver, which stores the reply: what waits is looked for when that is locked.
        run_ended.connect(endings.carry_on, dispatch_uid="waiting.endings")
