"""For views that only a visitor may use: guests are sent to sign in where they are not allowed."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from chatsite.accounts.visitor import SignInRequired
from chatsite.errors import error, wants_events

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_visitors(view: View[P]) -> View[P]:
    """Answers what the view's steps refuse with `SignInRequired`."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except SignInRequired:
            if request.method == "GET" and not wants_events(request):
                return redirect(f"{reverse('login')}?{urlencode({'next': request.path})}")
            return error(request, 403, "sign_in_required", "Sign in first.")

    return answer
