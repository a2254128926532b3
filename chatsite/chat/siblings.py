"""What is beside the messages of a path: other replies to a question, other versions of what a person wrote.

One query for all of them.
"""

from collections.abc import Sequence

from django.db.models import Case, Count, F, Func, Q, When, Window
from django.db.models.functions import Lag, Lead, RowNumber

from chatsite.chat.models import Conversation, Message
from chatsite.chat.path import Siblings


def add(conversation: Conversation, path: Sequence[Message]) -> None:
    """Give those messages that are not alone their `siblings`."""
    answered = Q(parent__in=[message.parent_id for message in path if message.parent_id])
    if any(message.parent_id is None for message in path):
        answered |= Q(parent=None)
    numbered = conversation.messages.filter(answered).annotate(
        place=_in_order(RowNumber()),
        count=Window(Count("*"), partition_by="parent"),
        previous=_in_order(Lag("pk")),
        next=_in_order(Lead("pk")),
        # Of a message on the path alone, once all have been counted.
        shown=Case(When(pk__in=[message.pk for message in path], then=F("count")), default=0),
    )
    beside = numbered.filter(shown__gt=1).order_by()
    by_id = {message.pk: message for message in path}
    for pk, *values in beside.values_list("pk", "place", "count", "previous", "next"):
        by_id[pk].siblings = Siblings(*values)


def _in_order(function: Func) -> Window:
    return Window(function, partition_by="parent", order_by=("created", "pk"))
