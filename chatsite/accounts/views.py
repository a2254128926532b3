"""Signing in and out."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from chatsite.accounts import limits
from chatsite.accounts.decorators import for_everybody
from chatsite.answers import limited


class SignIn(LoginView):
    """Django's own, which leads back to the page that one came from."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["next"] = context["next"] or self._came_from()
        return context

    def _came_from(self) -> str:
        """The address of a page of this site, as the browser says it: the page's script may have changed it
        since the page was made."""
        page = urlsplit(self.request.headers.get("Referer", ""))
        address = urlunsplit(("", "", page.path, page.query, ""))
        ours = page.netloc == self.request.get_host() and url_has_allowed_host_and_scheme(address, None)
        return address if ours and page.path != self.request.path else ""


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: object) -> HttpResponse:
    """The answer to somebody who has guessed too often. (AXES_LOCKOUT_CALLABLE)"""
    wait = settings.AXES_COOLOFF_TIME.total_seconds()
    message = (
        f"{settings.AXES_FAILURE_LIMIT:,} wrong passwords came for that name from your address. "
        f"Try again in {limits.duration(int(wait))}."
    )
    return limited(request, message, retry_after=int(wait))


sign_in = for_everybody(SignIn.as_view())
sign_out = for_everybody(LogoutView.as_view())
