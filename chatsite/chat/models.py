"""Conversations and their messages.

Messages form a tree: a reply's parent is what it answers, so that regenerating a reply or editing a
message adds a branch and loses nothing. The page shows one path, from the root to a leaf.
"""

from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from chatsite.accounts.visitor import Visitor
from chatsite.chat.transcript import Transcript

if TYPE_CHECKING:
    from streaming.event_log import EventLog
    from streaming.events import End

TITLE_LENGTH = 80


def _owned_by(visitor: Visitor, prefix: str = "") -> Q:
    if visitor.user is not None:
        return Q(**{f"{prefix}user": visitor.user})
    if visitor.guest:
        return Q(**{f"{prefix}guest": visitor.guest, f"{prefix}user": None})
    return Q(pk__in=[])


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_visitor(self, visitor: Visitor) -> "ConversationQuerySet":
        """Those that are the visitor's own."""
        return self.filter(_owned_by(visitor))


class Conversation(models.Model):
    """Belongs to a user, or to a guest, who is known by a session's id."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE)
    guest = models.CharField(max_length=32, blank=True, db_index=True)
    title = models.CharField(max_length=TITLE_LENGTH)
    assistant = models.SlugField()
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True, db_index=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ("-updated",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("chat:conversation", args=[self.pk])

    def path(self, leaf: "Message | None" = None) -> list["Message"]:
        """The messages from the first to `leaf`; to the newest one if it is not given."""
        messages = {message.pk: message for message in self.messages.all()}
        if leaf is None:
            leaf = max(messages.values(), key=lambda message: message.created, default=None)
        path: list[Message] = []
        while leaf is not None:
            path.append(leaf)
            leaf = messages.get(leaf.parent_id) if leaf.parent_id else None
        return path[::-1]


class MessageQuerySet(models.QuerySet["Message"]):
    def for_visitor(self, visitor: Visitor) -> "MessageQuerySet":
        """Those in the visitor's own conversations."""
        return self.filter(_owned_by(visitor, "conversation__")).select_related("conversation")

    def unfinished(self) -> "MessageQuerySet":
        """Replies whose run has not ended, as far as the database knows."""
        return self.filter(status__in=(Message.Status.QUEUED, Message.Status.RUNNING))


class Message(models.Model):
    """What a person wrote, or a reply: the text of one run."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        """A run's statuses. What a person wrote is done."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, related_name="messages", on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, related_name="replies", on_delete=models.CASCADE)
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    option = models.SlugField(blank=True)
    """Of a person's message: what was chosen of the assistant's options."""
    status = models.CharField(max_length=11, choices=Status, default=Status.DONE, db_index=True)
    created = models.DateTimeField(auto_now_add=True)

    # Of a reply
    run_id = models.UUIDField(null=True, unique=True)
    model = models.CharField(max_length=200, blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    usage_source = models.CharField(max_length=9, blank=True)
    details = models.JSONField(default=dict, blank=True)
    """Reasoning, tool steps, documents and output, as `Transcript.details` has them."""

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("created",)

    after = 0
    """The number of the last event that `content` covers, while the run goes on."""

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    def end(self, end: "End", log: "EventLog") -> None:
        """Store how the run ended. Once: an ended reply stays as it is."""
        transcript = Transcript.of(log.events())
        values: dict[str, object] = {
            "status": end.status,
            "content": transcript.text,
            "details": transcript.details,
            "finish_reason": (end.finish_reason or "")[:40],
        }
        if end.error is not None:
            values |= {"error_code": end.error.code, "error_message": end.error.message}
        if end.usage is not None:
            values |= {
                "input_tokens": end.usage.input_tokens,
                "output_tokens": end.usage.output_tokens,
                "usage_source": end.usage.source,
            }
        Message.objects.unfinished().filter(pk=self.pk).update(**values)
