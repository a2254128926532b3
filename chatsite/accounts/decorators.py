"""For views that people use: guests are sent to sign in where they may not be, and a refusal says why."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from chatsite.accounts.visitor import SignInRequired
from chatsite.errors import error, wants_events

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def for_visitors(view: View[P]) -> View[P]:
    """Answers what the view's steps refuse with `SignInRequired`, and methods that it does not take."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
            return _not_allowed(request, response) if response.status_code == 405 else response
        except SignInRequired:
            if request.method in ("GET", "HEAD") and not wants_events(request):
                return redirect(f"{reverse('login')}?{urlencode({'next': request.path})}")
            return error(request, 403, "sign_in_required", "Sign in first.")

    return answer


def _not_allowed(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    told = error(request, 405, "method_not_allowed", f"This address takes {response['Allow']} only.")
    told["Allow"] = response["Allow"]
    return told
