"""What this site has otherwise than allauth would. (ACCOUNT_ADAPTER)"""

import logging
from hashlib import sha256
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from chatsite.accounts import limits
from chatsite.accounts.address import address_of
from chatsite.accounts.devices import NO_ADDRESS
from chatsite.accounts.invitations import invitation_of
from chatsite.accounts.limits import LimitReached
from chatsite.answers import busy, limited

logger = logging.getLogger("chatsite.mail")

MESSAGES = {
    "socialaccount/messages/account_connected.txt": _("The two are connected."),
    "socialaccount/messages/account_connected_updated.txt": _("They were connected before."),
    "socialaccount/messages/account_connected_other.txt": _("That is connected to another account here."),
    "account/messages/email_confirmed.txt": _("Your address is confirmed."),
    "account/messages/password_changed.txt": _(
        "Your password is changed. You are signed out everywhere else."
    ),
    "account/messages/password_set.txt": _("Your password is set."),
    "mfa/messages/totp_activated.txt": _("Signing in needs a code from now on."),
    "mfa/messages/totp_deactivated.txt": _("Your password is enough to sign in from now on."),
}
"""What a person is told of what they did; of the rest the next page tells enough."""
SECONDS_TO_MAIL = 60
"""After which a server that took no mail may take one."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # it has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        if settings.SIGN_UP == "OFF":
            raise Http404
        return settings.SIGN_UP == "OPEN" or invitation_of(request) is not None

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if told := MESSAGES.get(message_template or ""):
            messages.add_message(request, level, str(told))

    def get_login_stages(self) -> list[str]:
        """What is asked after the password. A second factor loads much: only where somebody has one."""
        stages = ["allauth.account.stages.EmailVerificationStage"]
        if Authenticator.objects.exists():
            stages.append("allauth.mfa.stages.AuthenticateStage")
        return stages

    def is_ajax(self, request: HttpRequest) -> bool:
        return False  # pages only, whatever a request accepts

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)  # an address on this site

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or NO_ADDRESS

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        """Of one template: the subject is its first line."""
        text = render_to_string(f"{template_prefix}.txt", context)
        subject, _end, body = text.strip().partition("\n")
        to = [email] if isinstance(email, str) else email
        return EmailMessage(
            subject.strip(), body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, to, headers=headers
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send it now, to an account or to nobody's address alike, so that nobody can tell the two apart."""
        request = _request()
        try:
            limits.take("mails", f"mail {_digest(email)}", most=settings.LIMITS["mails"])
        except LimitReached as reached:
            response = limited(request, str(reached), retry_after=reached.retry_after)
            raise ImmediateHttpResponse(response) from None
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            # Its text can have the address.
            logger.error("a mail could not be sent: %s", type(error).__name__)
            raise ImmediateHttpResponse(busy(request, retry_after=SECONDS_TO_MAIL)) from None

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Whose password was taken away does not get one by mail, as Django's own view has it."""
        if user.has_usable_password():
            super().send_password_reset_mail(user, email, context)
        else:
            self.send_mail("account/email/unknown_account", email, context)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell somebody what was changed. It is changed, whether they can be told or not."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except ImmediateHttpResponse:
            logger.warning("somebody could not be told of a change to their account")


def _request() -> HttpRequest:
    request: HttpRequest = context.request
    return request


def _digest(email: str) -> str:
    """By what a mailbox is counted: the address itself is in no log."""
    return sha256(email.lower().encode()).hexdigest()[:40]
