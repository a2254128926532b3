"""Who may use a view. Every address of the site declares it; tests/chatsite/accounts/test_access.py looks."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from chatsite.accounts.guests import hand_out_key
from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import SignInRequired, VisitorRequest, visitor_of
from chatsite.answers import error, limited, wants_events

P = ParamSpec("P")
View = Callable[Concatenate[VisitorRequest, P], HttpResponseBase]
AnyView = TypeVar("AnyView", bound=Callable[..., Any])


def for_everybody(view: AnyView) -> AnyView:
    """Declares that the view asks nobody for a name."""
    vars(view)["access"] = "everybody"
    return view


def for_visitors(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets in people who are signed in, and guests where they may be: the view has `request.visitor`."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            visitor = visitor_of(request)
        except SignInRequired:
            return _sign_in_first(request)
        known = VisitorRequest.of(request, visitor)
        try:
            response = view(known, *args, **kwargs)
        except LimitReached as reached:
            response = limited(request, str(reached), retry_after=reached.retry_after)
        hand_out_key(known, response)
        return _not_allowed(request, response) if response.status_code == 405 else response

    vars(answer)["access"] = "visitors"
    return answer


# What is answered to those who are not let in


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if request.method in ("GET", "HEAD") and not wants_events(request):
        return redirect(f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}")
    return error(request, 403, "sign_in_required", "Sign in first.")


def _not_allowed(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    told = error(request, 405, "method_not_allowed", f"This address takes {response['Allow']} only.")
    told["Allow"] = response["Allow"]
    return told
