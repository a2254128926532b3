"""Links by which everybody can read a conversation, as it was when it was shared."""

import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse

from chatsite.accounts.ownership import owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import TITLE_LENGTH, Conversation, Message

TOKEN_BYTES = 24
TOKEN_LENGTH = 32


def new_token() -> str:
    """What nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class LinkQuerySet(models.QuerySet["Link"]):
    def for_visitor(self, visitor: Visitor) -> "LinkQuerySet":
        """Those to the visitor's own conversations."""
        return self._there().filter(owned_by(visitor, through="conversation"))

    def for_everybody(self) -> "LinkQuerySet":
        """Those that lead somewhere: none where nothing may be shared."""
        return self._there() if settings.CHAT_ALLOW_SHARING else self.none()

    def _there(self) -> "LinkQuerySet":
        there = self.filter(conversation__deleted=None)
        return there.select_related("conversation", "leaf")


class Link(models.Model):
    """Leads to the messages from the first to `leaf`.

    What was written never changes, and what is written later hangs below: so they stay what they were.
    """

    token = models.CharField(primary_key=True, max_length=TOKEN_LENGTH, default=new_token, editable=False)
    conversation = models.ForeignKey(Conversation, related_name="links", on_delete=models.CASCADE)
    leaf = models.OneToOneField(Message, related_name="+", on_delete=models.CASCADE)
    title = models.CharField(max_length=TITLE_LENGTH)
    """As it was, too."""
    created = models.DateTimeField(auto_now_add=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ("-created", "token")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("sharing:shared", args=[self.token])
