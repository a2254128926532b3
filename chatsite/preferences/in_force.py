"""What a person wants of the model in one conversation: read in one query, wherever it was said."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import CharField, Value

from chatsite.accounts.ownership import owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.preferences import NAMES, USUAL, Preferences
from chatsite.preferences.models import OfConversation, Own

_OWN, _THERE = "own", "there"


@dataclass(frozen=True, slots=True)
class InForce:
    """What was set for all of a person's conversations, and what for one."""

    own: Preferences = USUAL
    there: Preferences = USUAL

    @property
    def inherited(self) -> Preferences:
        """What holds where the conversation has nothing of its own."""
        return self.own.available

    @property
    def all(self) -> Preferences:
        """What holds in the conversation. A model that is not offered any more is as if none was chosen."""
        return self.there.available.over(self.own.available)

    @property
    def withdrawn(self) -> str:
        """The model that was chosen, and that is not offered any more."""
        chosen = self.there.model or self.own.model
        return "" if chosen == self.all.model else chosen


def in_force(visitor: Visitor, conversation: UUID | None = None) -> InForce:
    """Look up what the visitor has set. The conversation is theirs."""
    own = Own.objects.filter(owned_by(visitor)).annotate(which=Value(_OWN, CharField()))
    rows = own.values_list("which", *NAMES)
    if conversation is not None:
        there = OfConversation.objects.filter(conversation=conversation)
        rows = rows.union(
            there.annotate(which=Value(_THERE, CharField())).values_list("which", *NAMES), all=True
        )
    found = {which: Preferences(**dict(zip(NAMES, values, strict=True))) for which, *values in rows}
    return InForce(found.get(_OWN, USUAL), found.get(_THERE, USUAL))
