"""What people want of the model: a row of each person, and one of each conversation that has its own."""

from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.ownership import Owned, owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.preferences import NAMES, Preferences


class Kept(models.Model):
    """`Preferences` as a row. What is empty comes from elsewhere."""

    instructions = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True)
    temperature = models.FloatField(null=True, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    @property
    def preferences(self) -> Preferences:
        return Preferences(**{name: getattr(self, name) for name in NAMES})


class Own(Owned, Kept):
    """A person's, for all their conversations."""

    LAST_USED = ""  # they stay as long as the person
    EXPIRES = DELETED = ""

    class Meta:
        verbose_name = _("settings")
        verbose_name_plural = _("settings")
        constraints = (
            models.UniqueConstraint(fields=("user",), name="preferences_one_of_user"),
            models.UniqueConstraint(
                fields=("guest",), condition=Q(user=None), name="preferences_one_of_guest"
            ),
        )

    def __str__(self) -> str:
        return f"settings of {self.owner}"

    @classmethod
    def adopt(cls, guest: str, user: User) -> int:
        """An account's own settings stay. Nobody need be told of a guest's."""
        own = cls.objects.filter(guest=guest, user=None)
        if cls.objects.filter(user=user).exists():
            own.delete()
        else:
            own.update(user=user, guest="")
        return 0

    @classmethod
    def let_go(cls, visitor: Visitor) -> int:
        """One row is deleted at once."""
        cls.objects.filter(owned_by(visitor)).delete()
        return 0

    @classmethod
    def keep(cls, visitor: Visitor, preferences: Preferences) -> None:
        """Store all of them in the place of those before."""
        values = values_of(preferences)
        cls.objects.update_or_create(user=visitor.user, guest=visitor.guest, defaults=values)


class OfConversation(Kept):
    """Those of one conversation, which go before its owner's. They go with it."""

    conversation = models.OneToOneField(
        "chat.Conversation", primary_key=True, related_name="kept_preferences", on_delete=models.CASCADE
    )

    def __str__(self) -> str:
        return f"settings of {self.conversation_id}"

    @classmethod
    def keep(cls, conversation: models.Model, preferences: Preferences) -> None:
        """Store all of them in the place of those before."""
        cls.objects.update_or_create(conversation=conversation, defaults=values_of(preferences))

    @classmethod
    def keep_model(cls, conversation: models.Model, model: str) -> None:
        """Store which model answers from now on, and leave the others as they are. In one statement."""
        cls.objects.bulk_create(
            [cls(conversation_id=conversation.pk, model=model)],  # type: ignore[list-item] # it has no Self
            update_conflicts=True,
            unique_fields=["conversation"],
            update_fields=["model", "changed"],
        )


def values_of(preferences: Preferences) -> dict[str, Any]:
    return {name: getattr(preferences, name) for name in NAMES}
