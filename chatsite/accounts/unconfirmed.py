"""Accounts that somebody has made on this site, and whose address nobody has confirmed yet."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

KEPT_FOR = timedelta(days=3)
"""As long as the link in the mail is good for; then somebody else can have the name."""


def unconfirmed() -> QuerySet[User]:
    """None of an operator's making, and none of somebody who has signed in before: an address is written down
    when an account is made here, and on a page for those who are signed in."""
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(Exists(addresses), ~Exists(addresses.filter(verified=True)), last_login=None)
