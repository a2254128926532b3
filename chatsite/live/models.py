"""How often a person's list has changed: by that number processes tell each other to look at it again."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

KEPT_FOR = timedelta(days=30)
"""After the last page that asked to be told of changes."""


class ListChangesQuerySet(models.QuerySet["ListChanges"]):
    def of(self, who: str) -> "ListChanges":
        """The number of a person, from 0 on if nobody has asked for it before."""
        today = timezone.localdate()
        found, _ = self.get_or_create(who=who, defaults={"asked": today})
        if found.asked != today:
            self.filter(who=who).update(asked=today)
        return found

    def forgotten(self) -> "ListChangesQuerySet":
        """Those that no page asks for any more."""
        return self.filter(asked__lt=timezone.localdate() - KEPT_FOR)


class ListChanges(models.Model):
    """The number of one person. There is none of somebody whose pages have never asked."""

    who = models.CharField(max_length=60, primary_key=True)
    """As `limits.name_of` has it."""
    number = models.BigIntegerField(default=0)
    asked = models.DateField(db_index=True)
    """The day on which a page asked last."""

    objects = ListChangesQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} of {self.who}"
