"""The pages: turning it on and off, recovery codes, and the question after the password."""

from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from chatsite.accounts.confirmed import View, confirmed
from chatsite.accounts.decorators import for_everybody, for_members


def _allauths(name: str) -> View:
    """That view of allauth's: `package.view`. It is imported when somebody asks for it."""
    package, _, view = name.rpartition(".")

    def answer(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: View = vars(import_module(f"allauth.mfa.{package}.views"))[view]
        return found(request, *args, **kwargs)

    return never_cache(answer)


def password_again(request: HttpRequest) -> HttpResponse:
    from allauth.account.views import reauthenticate

    response: HttpResponse = reauthenticate(request)
    return response


index = for_members(_allauths("base.index"))
code = for_everybody(_allauths("base.authenticate"))
code_again = for_members(_allauths("base.reauthenticate"))
turn_on = for_members(confirmed(_allauths("totp.activate_totp")))
turn_off = for_members(confirmed(_allauths("totp.deactivate_totp")))
recovery_codes = for_members(confirmed(_allauths("recovery_codes.view_recovery_codes")))
new_recovery_codes = for_members(confirmed(_allauths("recovery_codes.generate_recovery_codes")))
password_again = for_members(password_again)
