from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may talk."""

    name = "chatsite.accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from chatsite.accounts import adoption

        user_logged_in.connect(adoption.signed_in, dispatch_uid="accounts.adoption")
        user_logged_out.connect(adoption.signed_out, dispatch_uid="accounts.adoption")
