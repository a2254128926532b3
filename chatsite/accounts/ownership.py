"""What is whose: models that belong to a user or to a guest."""

from collections.abc import Hashable
from datetime import timedelta
from typing import ClassVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q

from chatsite.accounts.visitor import Visitor

NOBODYS = {"user": None, "guest": ""}
"""The owner of what is only waiting to be deleted."""
UNDO_FOR = timedelta(minutes=10)
"""How long what a person has deleted can be had back."""


class Owned(models.Model):
    """Belongs to a user, or to a guest, who is known by a session's id."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE)
    guest = models.CharField(max_length=32, blank=True, db_index=True)

    LAST_USED: ClassVar[str] = "created"
    """The field that says when it was last used, for KEEP_DAYS. "": it stays as long as its owner."""
    DELETED: ClassVar[str] = ""
    """The field that says when a person deleted it, if they can have it back for a while."""

    EXPIRES: ClassVar[str] = ""
    """The field that says when it goes by itself, if some of them do."""

    class Meta:
        abstract = True

    @property
    def owner(self) -> Hashable:
        """Whose it is, to tell people apart by."""
        return self.user_id or self.guest

    @classmethod
    def adopt(cls, guest: str, user: User) -> int:
        """Give the user all of these that the guest has. Returns how many."""
        return cls._default_manager.filter(guest=guest, user=None).update(user=user, guest="")

    @classmethod
    def let_go(cls, visitor: Visitor) -> int:
        """Let all of these that the visitor has belong to nobody, however many they are: nobody sees them
        since, and retention deletes them. In a transaction. Returns how many."""
        return cls._default_manager.filter(owned_by(visitor)).update(**NOBODYS)


def owned_models() -> list[type[Owned]]:
    """All kinds of things that belong to a person."""
    return [model for model in apps.get_models() if issubclass(model, Owned)]


def owned_by(visitor: Visitor, *, through: str = "") -> Q:
    """The rows that are the visitor's own, or that lead to one by `through` (a foreign key's name).

    A guest who owns nothing yet has no id, and must not find what belongs to nobody.
    """
    prefix = f"{through}__" if through else ""
    if visitor.user is not None:
        return Q(**{f"{prefix}user": visitor.user})
    if visitor.guest:
        return Q(**{f"{prefix}guest": visitor.guest, f"{prefix}user": None})
    return Q(pk__in=[])
