"""Deletes all that a person has, and the account itself if they want that.

However much it is, it takes a moment: in one transaction all of it is taken from its owner, and nobody sees
it since. The rows are deleted by retention, a few at a time.
"""

import logging

from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db import transaction

from chatsite.accounts import devices, limits
from chatsite.accounts.models import Count, Guest
from chatsite.accounts.ownership import owned_models
from chatsite.accounts.visitor import Visitor, one_at_a_time
from chatsite.live.changes import changes

audit = logging.getLogger("chatsite.audit")


def delete_belongings(visitor: Visitor) -> int:
    """All that the visitor has, and not the visitor. Returns how many things these were."""
    with transaction.atomic():
        one_at_a_time(visitor)  # a reply that is just being begun is stopped, too, or refused
        deleted = sum(model.let_go(visitor) for model in owned_models())
        changes.tell(visitor)
    audit.info("%s: %d conversations and documents deleted by their owner", limits.name_of(visitor), deleted)
    return deleted


def delete_account(user: User, *, by: str) -> None:
    """The account, all that it has, and what was counted of it. `by` is for the log."""
    visitor, pk = Visitor(user), user.pk
    devices.end_all(user)  # before: it may have many to look at, and others want to write
    with transaction.atomic():
        delete_belongings(visitor)
        _forget(visitor)
        AccessAttempt.objects.filter(username=user.get_username()).delete()
        user.delete()
    audit.info("account %s was deleted by %s", pk, by)


def delete_guest(guest: Guest) -> None:
    """A guest, and all that they have: their key opens nothing since."""
    visitor = Visitor(guest=guest.pk)
    with transaction.atomic():
        delete_belongings(visitor)
        _forget(visitor)
        guest.delete()


def _forget(visitor: Visitor) -> None:
    Count.objects.filter(who=limits.name_of(visitor)).delete()
