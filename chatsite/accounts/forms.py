"""What people fill in about their account. (ACCOUNT_FORMS)"""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.invitations import invitation_of

_NOT_THEIRS = _("That is not your password.")


class SignUpForm(allauth_forms.SignupForm):  # type: ignore[misc] # it has no types
    """A name, an address where mail can be sent, and a password twice. An invitation is used up with it."""

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            # The address is told by mail, and the answer is the same, and as late, as for another one.
            User().set_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def save(self, request: HttpRequest) -> User:
        if settings.SIGN_UP != "INVITATION":
            return self._saved(request)
        # Not in one transaction: while a password is hashed nobody else could write.
        invitation = invitation_of(request)
        if invitation is None or not invitation.take():
            raise ImmediateHttpResponse(render(request, "account/signup_closed.html", status=403))
        user = self._saved(request)
        invitation.name(user)
        return user

    def _saved(self, request: HttpRequest) -> User:
        user: User = super().save(request)
        return user


class _AsksForThePassword:
    """Somebody who has found an open page must not be able to keep the account. Guesses count as those at the
    sign-in page do.
    """

    user: User

    def _require_theirs(self, password: str) -> str:
        if authenticate(context.request, username=self.user.get_username(), password=password) is None:
            raise forms.ValidationError(_NOT_THEIRS)
        return password


class ChangePasswordForm(_AsksForThePassword, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """The password as it is, and another one twice."""

    def clean_oldpassword(self) -> str:
        return self._require_theirs(self.cleaned_data["oldpassword"])


class PasswordForm(_AsksForThePassword, allauth_forms.UserForm):  # type: ignore[misc]
    """The password, and nothing else."""

    password = forms.CharField(strip=False, widget=forms.PasswordInput)

    def clean_password(self) -> str:
        return self._require_theirs(self.cleaned_data["password"])


class ChangeEmailForm(PasswordForm, allauth_forms.AddEmailForm):  # type: ignore[misc]
    """Another address, which takes the place of the one before once it is confirmed."""
