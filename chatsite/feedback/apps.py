from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """What a reply has taken, and what its reader thinks of it."""

    name = "chatsite.feedback"
