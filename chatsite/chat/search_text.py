"""What a search looks at."""

from django.db import models

from chatsite.accounts.ownership import owned_by
from chatsite.accounts.visitor import Visitor


class SearchTextQuerySet(models.QuerySet["SearchText"]):
    def for_visitor(self, visitor: Visitor) -> "SearchTextQuerySet":
        """That of the visitor's own conversations, as far as these are not deleted, nor temporary."""
        own = self.filter(owned_by(visitor, through="conversation"), conversation__deleted=None)
        return own.filter(conversation__expires=None).select_related("conversation")


class SearchText(models.Model):
    """What a search looks at: a conversation's title, or how a message begins (migration 0011 has how much).

    Triggers of the database keep it, and SQLite's index of it, true to both tables. SQLite drops a table's
    triggers with it, and Django makes a table anew to alter it: a migration that does so makes them again.
    """

    id = models.BigAutoField(primary_key=True)
    """A whole number, as SQLite's index wants it; the newest are found first."""
    conversation = models.ForeignKey("chat.Conversation", related_name="+", on_delete=models.CASCADE)
    message = models.OneToOneField("chat.Message", null=True, related_name="+", on_delete=models.CASCADE)
    """None for the title."""
    text = models.TextField()

    objects = SearchTextQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("conversation",), condition=models.Q(message=None), name="chat_searchtext_one_title"
            ),
        )

    def __str__(self) -> str:
        return f"{self.message_id or self.conversation_id}"
