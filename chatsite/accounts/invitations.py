"""The way of an invitation: from whoever hands out its link to whoever makes an account by it."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from chatsite.accounts.models import Invitation

FIELD = "invitation"
"""The field of the form, and the part of the link, that has the key."""
GOOD_FOR = 7
"""Days, where nothing else is said."""


def link_of(key: str) -> str:
    """The address at which somebody makes their account by it, without the site's."""
    return f"{reverse('account_signup')}?{urlencode({FIELD: key})}"


def key_of(request: HttpRequest) -> str:
    """The key that the request has, whether it is any good or not."""
    return request.POST.get(FIELD) or request.GET.get(FIELD, "")


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation whose key the request has, while it can be used."""
    return Invitation.objects.of_key(key_of(request))
