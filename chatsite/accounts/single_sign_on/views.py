"""The way to the provider, and back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.accounts.confirmed import confirmed
from chatsite.accounts.decorators import for_everybody, for_members
from chatsite.accounts.invitations import key_of
from chatsite.accounts.single_sign_on.named import named


@for_everybody
@require_POST
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Lead somebody to the provider, to sign in."""
    named()
    asked = request.POST.get("next", "")
    next_url = asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else "/"
    if request.user.is_authenticated:
        return redirect(next_url)
    return _leave(request, "login", next_url=next_url, invitation=key_of(request))


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@confirmed
def connect(request: HttpRequest) -> HttpResponse:
    """Let the provider sign somebody in to the account that they have, from now on."""
    name = named().name
    if request.method == "POST":
        return _leave(request, "connect")
    return render(request, "account/connect.html", {"name": name})


@for_everybody
@require_safe
@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """The provider has sent somebody back."""
    issuer = named().issuer
    import requests
    from allauth.socialaccount.providers.oauth2.client import OAuth2Error
    from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView

    from chatsite.accounts.single_sign_on.adapter import failed
    from chatsite.accounts.single_sign_on.provider import Exchange

    view = OAuth2CallbackView.adapter_view(Exchange(request, issuer))
    try:
        response: HttpResponse = view(request)
    except (
        requests.RequestException,
        OAuth2Error,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        return failed(request, type(error).__name__)  # it has not answered, or nothing that is like an answer
    return response


def _leave(request: HttpRequest, process: str, **state: Any) -> HttpResponse:
    import requests
    from allauth.socialaccount.providers.oauth2.client import OAuth2Error

    from chatsite.accounts.single_sign_on.adapter import failed
    from chatsite.accounts.single_sign_on.provider import sign_on

    try:
        response = sign_on(request).redirect(request, process, **state)
    except (requests.RequestException, OAuth2Error) as error:
        return failed(request, type(error).__name__)
    # A page, and no redirect: the policy of the form's page lets it lead to this site only, and browsers hold
    # what it is redirected to against that.
    context = {"address": response["Location"], "name": named().name}
    return render(request, "account/leaving.html", context)
