"""Messages that wait for the end of a reply, to be sent one after the other.

One has its turn when it is `due`: the reply before it is done, or a person wants it sent. Where that reply
was stopped or failed, it waits for the person.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from chatsite.accounts.ownership import owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Conversation, Message

REFUSAL_LENGTH = 300


class WaitingMessageQuerySet(models.QuerySet["WaitingMessage"]):
    def for_visitor(self, visitor: Visitor) -> "WaitingMessageQuerySet":
        """Those in the visitor's own conversations, as far as these are not deleted."""
        own = self.filter(owned_by(visitor, through="conversation"), conversation__deleted=None)
        return own.select_related("conversation")

    def due(self) -> "WaitingMessageQuerySet":
        """Those whose turn it is, of people who may still use the site."""
        active = Q(conversation__user=None) | Q(conversation__user__is_active=True)
        found = self.filter(active, due__lte=Now(), conversation__deleted=None)
        return found.select_related("conversation__user", "leaf")


class WaitingMessage(models.Model):
    """What a person wrote while a reply was being written. It becomes a message when it is sent, and goes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    """The key of its reply as well (`Message.key`), so that there is one."""
    conversation = models.ForeignKey(Conversation, related_name="waiting", on_delete=models.CASCADE)
    leaf = models.ForeignKey(Message, related_name="+", on_delete=models.CASCADE)
    """What the reply that it waits for answers: it is sent at the end of the branch with that question."""
    text = models.TextField()
    option = models.SlugField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    """The page's when it was written: what is said about it is said in that."""
    turn = models.DateTimeField(db_default=Now())
    """Its place in the queue: when it was written, or before all others if a person wants it sent first."""
    due = models.DateTimeField(null=True, db_index=True)
    """From when on it is to be sent; None while it waits for a reply, or for a person."""
    refusal = models.CharField(max_length=REFUSAL_LENGTH, blank=True)
    """Why it could not be sent when it was due, in a sentence."""

    objects = WaitingMessageQuerySet.as_manager()

    class Meta:
        ordering = ("turn", "pk")

    def __str__(self) -> str:
        return f"waiting {self.pk}"
