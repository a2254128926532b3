"""The pages: turning it on and off, recovery codes, and the question after the password."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from chatsite.accounts.decorators import for_everybody, for_members

View = Callable[..., HttpResponseBase]


def _allauths(name: str) -> View:
    """That view of allauth's: `package.view`. It is imported when somebody asks for it."""
    package, _, view = name.rpartition(".")

    def answer(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found: View = vars(import_module(f"allauth.mfa.{package}.views"))[view]
        return found(request, *args, **kwargs)

    return never_cache(answer)


def _confirmed(view: View) -> View:
    """Asks for the password, or a code, if neither was given within the last minutes: an open page is not
    enough to take a second factor away. allauth would keep the whole request in the session meanwhile."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        from allauth.account.adapter import get_adapter
        from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate

        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        (first, *_) = get_adapter().get_reauthentication_methods(request.user)
        return redirect(f"{first['url']}?{urlencode({'next': request.path})}")

    return answer


def password_again(request: HttpRequest) -> HttpResponse:
    from allauth.account.views import reauthenticate

    response: HttpResponse = reauthenticate(request)
    return response


index = for_members(_allauths("base.index"))
code = for_everybody(_allauths("base.authenticate"))
code_again = for_members(_allauths("base.reauthenticate"))
turn_on = for_members(_confirmed(_allauths("totp.activate_totp")))
turn_off = for_members(_confirmed(_allauths("totp.deactivate_totp")))
recovery_codes = for_members(_confirmed(_allauths("recovery_codes.view_recovery_codes")))
new_recovery_codes = for_members(_confirmed(_allauths("recovery_codes.generate_recovery_codes")))
password_again = for_members(password_again)
