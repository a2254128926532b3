from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may talk."""

    name = "chatsite.accounts"
