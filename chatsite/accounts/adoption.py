"""What a guest has becomes that of the account which they sign in to. Connected in `apps.py`."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.models import Guest
from chatsite.accounts.ownership import owned_models
from chatsite.accounts.visitor import Visitor, guest_of
from chatsite.live.changes import changes

COUNTED = (
    gettext_noop("{count} conversation"),
    gettext_noop("{count} conversations"),
    gettext_noop("{count} document"),
    gettext_noop("{count} documents"),
)
"""What somebody may have had as a guest."""


def signed_in(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Somebody has signed in: what they had as a guest is theirs now. (A receiver of `user_logged_in`.)"""
    if (guest := guest_of(request)) is not None and (adopted := adopt(guest, user)):
        forms = {f"{{count}} {name}": count for name, count in adopted.items()}
        told = _(" and ").join(_(form).format(count=count) for form, count in forms.items())
        message = _("What you had before you signed in is in your account now: {what}.")
        messages.success(request, message.format(what=told))


def signed_out(*, request: HttpRequest, **kwargs: Any) -> None:
    """Somebody has signed out. (A receiver of `user_logged_out`.)"""
    if (guest := guest_of(request)) is not None:
        guest.end()


def adopt(guest: Guest, user: User) -> dict[str, int]:
    """Give the user all that the guest has, once, and end the guest. Returns how many of what."""
    adopted = {}
    with transaction.atomic():
        if not guest.end():
            return {}
        for model in owned_models():
            if count := model.adopt(guest.pk, user):
                names = model._meta
                adopted[str(names.verbose_name if count == 1 else names.verbose_name_plural)] = count
        if adopted:
            changes.tell(Visitor(user))
    return adopted
