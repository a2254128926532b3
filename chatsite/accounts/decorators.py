"""Who may use a view. Every address of the site declares it; tests/chatsite/accounts/test_access.py looks."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from chatsite.accounts.guests import hand_out_key
from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import SignInRequired, VisitorRequest, is_session_over, visitor_of
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
        if visitor.user is None and is_session_over(request):
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


def for_members(view: AnyView) -> AnyView:
    """Lets in people who are signed in: guests have no account to look after."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        response: HttpResponseBase = view(request, *args, **kwargs)
        return response

    vars(answer)["access"] = "members"
    return cast("AnyView", answer)


# What is answered to those who are not let in


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    is_over = is_session_over(request)
    if request.method in ("GET", "HEAD") and not wants_events(request):
        if is_over:
            messages.info(request, _("Your session is over. Sign in to go on."))
        return redirect(f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}")
    if is_over:
        # The browser keeps the key for now, so that the page which is loaded next leads to the sign-in page.
        del request.COOKIES[settings.SESSION_COOKIE_NAME]
        message = _("Your session is over. Load the chat again to sign in: what you wrote is kept.")
        return error(request, 403, "session_over", message)
    return error(request, 403, "sign_in_required", _("Sign in first."))


def _not_allowed(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    message = _("This address takes {methods} only.").format(methods=response["Allow"])
    told = error(request, 405, "method_not_allowed", message)
    told["Allow"] = response["Allow"]
    return told
