"""The field for a code. (MFA_FORMS)"""

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.base import forms as allauth_forms
from django.conf import settings
from django.core.exceptions import ValidationError

from chatsite.accounts import limits
from chatsite.accounts.limits import LimitReached
from chatsite.accounts.models import Count


class _CountsGuesses:
    """Counts in the database what allauth counts in a cache that each process has of its own: wrong codes,
    and codes that were used, which somebody may have seen."""

    def clean_code(self) -> str:
        who = f"user {self.user.pk}"  # type: ignore[attr-defined] # the form's
        try:
            limits.take("codes", who, most=settings.LIMITS["codes"])
            code: str = super().clean_code()  # type: ignore[misc]
            limits.take("used_codes", f"{who} {normalize_user_code(code)}", most=1)
        except LimitReached as reached:
            raise ValidationError(str(reached)) from None
        Count.objects.filter(name="codes", who=who).delete()
        return code


class AuthenticateForm(_CountsGuesses, allauth_forms.AuthenticateForm):  # type: ignore[misc] # it has no types
    """After the password."""


class ReauthenticateForm(_CountsGuesses, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """Before something that could take the account away."""
