"""Asks who it is once more, before something that could take an account away."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

View = Callable[..., HttpResponseBase]


def confirmed(view: View) -> View:
    """Asks for the password, or a code, if neither was given within the last minutes: an open page is not
    enough. Who has neither cannot go on. allauth would keep the request in the session meanwhile."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        from allauth.account.adapter import get_adapter
        from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate

        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        methods = get_adapter().get_reauthentication_methods(request.user)
        if not methods:
            return render(request, "account/no_password.html", status=403)
        return redirect(f"{methods[0]['url']}?{urlencode({'next': request.path})}")

    return answer
