"""What a person thinks of the replies on a page: one query for all of them."""

from collections.abc import Iterable

from chatsite.chat.models import Message
from chatsite.feedback.models import Opinion


def add(messages: Iterable[Message]) -> None:
    """Give the replies their `judged`: "yes", "no", or nothing."""
    replies = {message.pk: message for message in messages if message.role == Message.Role.ASSISTANT}
    found = Opinion.objects.filter(message__in=replies).values_list("message", "is_good") if replies else ()
    for pk, is_good in found:
        replies[pk].judged = "yes" if is_good else "no"
