"""What people have used of the site: for those on a page of a list, by two queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatsite.chat.models import Conversation, Message

DAYS = 30


@dataclass(slots=True)
class Use:
    """Of one person: what is there of theirs, and what they have had within the last days."""

    conversations: int = 0
    last: datetime | None = None
    replies: int = 0
    tokens: int = 0


def of_accounts(ids: Iterable[int]) -> dict[Any, Use]:
    """By the number of the account."""
    return _uses("user", {"user__in": list(ids)})


def of_guests(ids: Iterable[str]) -> dict[Any, Use]:
    """By the guest's id. What belongs to an account by now is no guest's."""
    return _uses("guest", {"guest__in": list(ids), "user": None})


def _uses(owner: str, theirs: dict[str, Any]) -> dict[Any, Use]:
    found: dict[Any, Use] = {}
    kept = Conversation.objects.filter(**theirs, deleted=None).order_by().values(owner)
    for row in kept.annotate(count=Count("pk"), last=Max("updated")):
        found[row[owner]] = Use(conversations=row["count"], last=row["last"])
    lately = Q(role=Message.Role.ASSISTANT, created__gte=timezone.now() - timedelta(days=DAYS))
    replies = {f"conversation__{name}": value for name, value in theirs.items()}
    written = Message.objects.filter(lately, **replies).order_by().values(who=F(f"conversation__{owner}"))
    read, wrote = (Coalesce(F(name), 0) for name in ("input_tokens", "output_tokens"))
    for row in written.annotate(count=Count("pk"), tokens=Sum(read + wrote)):
        use = found.setdefault(row["who"], Use())
        use.replies, use.tokens = row["count"], row["tokens"]
    return found
