from allauth.usersessions import apps as usersessions
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who may talk."""

    name = "chatsite.accounts"
    verbose_name = _("Who may talk")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from chatsite.accounts import adoption, devices

        user_logged_in.connect(adoption.signed_in, dispatch_uid="accounts.adoption")
        user_logged_in.connect(devices.signed_in, dispatch_uid="accounts.devices")
        user_logged_out.connect(adoption.signed_out, dispatch_uid="accounts.adoption")


class UserSessionsConfig(usersessions.UserSessionsConfig):  # type: ignore[misc] # it has no types
    """allauth's table of sessions, without what allauth does at each sign-in: `devices.py` does it."""

    default = False

    def ready(self) -> None:
        pass
