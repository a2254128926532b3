"""Whom the provider may sign in, and what they are told otherwise. (SOCIALACCOUNT_ADAPTER)"""

import logging
from typing import Any, NoReturn

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from chatsite.accounts.models import Invitation
from chatsite.accounts.single_sign_on.named import named
from chatsite.accounts.single_sign_on.provider import SignOn, sign_on
from chatsite.answers import error

logger = logging.getLogger("chatsite.sign_on")


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # it has no types
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SignOn:
        return sign_on(request)

    def list_apps(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[Any]:
        return [sign_on(request).app]

    def get_requests_session(self) -> Any:
        session = super().get_requests_session()
        session.max_redirects = 2
        return session

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("account")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Before anything else is done with what the provider says."""
        if (
            not sociallogin.state.get("nonce")
            or _claims(sociallogin).get("nonce") != sociallogin.state["nonce"]
        ):
            _refuse_answer(request, "nonce")
        # An address that the provider has not confirmed is nobody's.
        sociallogin.email_addresses = [one for one in sociallogin.email_addresses if one.verified]
        address = sociallogin.email_addresses[0].email if sociallogin.email_addresses else ""
        if named().domains and address.rpartition("@")[2].lower() not in named().domains:
            logger.warning("somebody was refused: their address is in none of the domains, or not confirmed")
            _refuse(request, _("Your address there is not one of those that are let in here."))
        if not sociallogin.is_existing:
            sociallogin.user.email = address
            if sociallogin.state.get("process") == "login" and _is_somebodys(address):
                _refuse(
                    request,
                    _(
                        "There is an account with your address here already. Sign in with its password, "
                        "and connect the two under your account."
                    ),
                )

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        rule = named().sign_up
        if rule == "OFF":
            _refuse(request, _("There is no account for you here yet. Ask those who run this site."))
        if rule == "INVITATION" and _invitation(sociallogin) is None:
            _refuse_without_invitation(request)
        return True

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        if named().sign_up != "INVITATION":
            return self._saved(request, sociallogin)
        invitation = _invitation(sociallogin)
        if invitation is None or not invitation.take():
            _refuse_without_invitation(request)
        user = self._saved(request, sociallogin)
        invitation.name(user)
        return user

    def _saved(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        user: User = super().save_user(request, sociallogin)
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, **_kwargs: Any
    ) -> None:
        """The page for whatever went wrong; the log has the kind of it, and nothing that was said."""
        if error == "cancelled":
            _refuse(request, _("You did not allow it there. Nothing has changed."))
        _refuse_answer(request, type(exception).__name__ if exception else str(error))


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    claims: dict[str, Any] = sociallogin.account.extra_data["id_token"]
    return claims


def _is_somebodys(address: str) -> bool:
    """Whether an account has the address, also one that an operator has written down in capitals."""
    if not address:
        return False
    known = User.objects.filter(email__iexact=address), EmailAddress.objects.filter(email__iexact=address)
    return any(rows.exists() for rows in known)


def _invitation(sociallogin: SocialLogin) -> Invitation | None:
    return Invitation.objects.of_key(sociallogin.state.get("invitation", ""))


def _refuse_without_invitation(request: HttpRequest) -> NoReturn:
    raise ImmediateHttpResponse(render(request, "account/signup_closed.html", status=403))


def _refuse(request: HttpRequest, message: str) -> NoReturn:
    raise ImmediateHttpResponse(error(request, 403, "sign_on_refused", message))


def _refuse_answer(request: HttpRequest, why: str) -> NoReturn:
    raise ImmediateHttpResponse(failed(request, why))


def failed(request: HttpRequest, why: str) -> HttpResponse:
    """The page for a sign-in that the provider did not bring to its end, or not as it has to be."""
    logger.warning("signing in by %s failed: %s", named().issuer, why)
    name = named().name
    told = _("%(name)s could not sign you in just now. Go back to the sign-in page, and try again.")
    return error(request, 502, "sign_on_failed", told % {"name": name})
