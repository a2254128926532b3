"""Conversations and their messages.

Messages form a tree: a reply's parent is what it answers, so that regenerating a reply or editing a
message adds a branch and loses nothing. The page shows one path, from the root to a leaf.
"""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.ownership import NOBODYS, UNDO_FOR, Owned, owned_by
from chatsite.accounts.visitor import Visitor
from chatsite.chat.path import Siblings, ids_below, messages_up_to
from chatsite.chat.search_text import SearchText  # noqa: F401 - Django looks for models here
from chatsite.chat.transcript import Transcript
from streaming.errors import in_language, is_retryable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatsite.images.models import Image
    from streaming.events import End, Event
    from streaming.models import Times

TITLE_LENGTH = 80
TEMPORARY_FOR = timedelta(days=1)
"""After which a temporary conversation goes."""
LENGTH_LIMITS = ("length", "max_tokens", "max_output_tokens")
"""What providers call it when a reply has reached its length limit: OpenAI and most others; Anthropic;
OpenAI's Responses. Gemini writes it in capitals."""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_visitor(self, visitor: Visitor) -> "ConversationQuerySet":
        """Those that are the visitor's own, and that they have not deleted."""
        return self.filter(owned_by(visitor), deleted=None)

    def listed(self) -> "ConversationQuerySet":
        """Those that are in lists: all but temporary ones."""
        return self.filter(expires=None)

    def just_deleted_by(self, visitor: Visitor) -> "ConversationQuerySet":
        """Those that the visitor can have back, the last one first."""
        since = timezone.now() - UNDO_FOR
        return self.filter(owned_by(visitor), expires=None, deleted__gte=since).order_by("-deleted", "pk")


class Conversation(Owned):
    """A tree of messages with one assistant."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    title = models.CharField(max_length=TITLE_LENGTH)
    assistant = models.SlugField()
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True, db_index=True)
    is_pinned = models.BooleanField(default=False, db_default=False)
    is_archived = models.BooleanField(default=False, db_default=False)
    """Out of the way, until somebody goes on with it."""
    deleted = models.DateTimeField(null=True, blank=True, db_index=True)
    """When its owner deleted it: nobody sees it since, and after UNDO_FOR it goes for good."""

    expires = models.DateTimeField(null=True, blank=True, db_index=True)
    """When a temporary one goes by itself: it is in no list, and no search finds it."""

    LAST_USED = "updated"
    DELETED = "deleted"
    EXPIRES = "expires"

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ("-is_pinned", "-updated", "-id")
        indexes = (
            models.Index(
                fields=("user", "-is_pinned", "-updated", "-id"),
                condition=models.Q(deleted=None),
                name="chat_conversations_of_user",
            ),
            models.Index(
                fields=("guest", "-is_pinned", "-updated", "-id"),
                condition=models.Q(deleted=None),
                name="chat_conversations_of_guest",
            ),
        )

    is_written = has_news = False
    """Whether a reply is being written in it, or has ended and was not seen, once `news.add` has looked."""

    def __str__(self) -> str:
        return self.title

    @classmethod
    def let_go(cls, visitor: Visitor) -> int:
        """Replies that are being written are stopped. The conversations count as deleted long ago, so that
        nobody can have them back, and links to them lead nowhere."""
        from streaming import runs  # loads what runs need, which the models do not

        own = cls.objects.filter(owned_by(visitor))
        for run_id in (
            Message.objects.filter(conversation__in=own).unfinished().values_list("run_id", flat=True)
        ):
            if run_id is not None:
                runs.stop(run_id)
        return own.update(deleted=timezone.now() - UNDO_FOR - timedelta(seconds=1), **NOBODYS)

    def get_absolute_url(self, *, leaf: "UUID | None" = None) -> str:
        """The address of its page; with a leaf, of the branch that this message is in."""
        page = reverse("chat:conversation", args=[self.pk])
        return f"{page}?leaf={leaf}" if leaf else page

    def version(self, *, below: "Message | None" = None) -> str:
        """Another one whenever there are other messages to show (`path`): the last one that is shown, whether
        it has ended, and how many there are. (Somebody else may have written before it, or beside.)"""
        tip = self._tip(below).values_list("pk", "status").first()
        return "-".join(map(str, (*tip, self.messages.count()) if tip else ()))

    def _tip(self, below: "Message | None" = None) -> "MessageQuerySet":
        """The message that the conversation ends with: the newest, or the newest `below` one. But a reply
        that failed or was stopped does not replace a finished one. (One that goes on with it does: it has all
        its text.)"""
        finished = Message.objects.filter(parent=models.OuterRef("parent"), status=Message.Status.DONE)
        replaces_nothing = models.Q(models.Exists(finished), status__in=Message.CUT, continued=None)
        if below is None:
            return self.messages.exclude(replaces_nothing).reverse()[:1]
        asked_for = models.Q(pk=below.pk)
        branch = ids_below(self.messages.filter(asked_for).order_by())
        return self.messages.filter(pk__in=branch).exclude(replaces_nothing & ~asked_for).reverse()[:1]

    def path(
        self,
        leaf: "Message | None" = None,
        *,
        below: "Message | None" = None,
        characters: int | None = None,
        most: int | None = None,
    ) -> list["Message"]:
        """The messages from the first to `leaf`; if it is not given to the newest one, or the newest one
        `below` another, which may be that one itself. With `characters`, only the newest ones, back to the
        one in which so many are reached; with `most`, so many at most.

        Raises `Message.DoesNotExist` if that message was deleted.
        """
        tip = self.messages.filter(pk=leaf.pk) if leaf is not None else self._tip(below)
        path = messages_up_to(tip, characters=characters, most=most)
        if (leaf or below) and not path:
            raise Message.DoesNotExist
        for message in path:
            message.conversation = self
        return path


class MessageQuerySet(models.QuerySet["Message"]):
    def for_visitor(self, visitor: Visitor) -> "MessageQuerySet":
        """Those in the visitor's own conversations, as far as these are not deleted."""
        own = self.filter(owned_by(visitor, through="conversation"), conversation__deleted=None)
        return own.select_related("conversation")

    def news(self) -> "MessageQuerySet":
        """Replies that go on, or whose end was not seen."""
        return self.filter(is_news=True)

    def unfinished(self) -> "MessageQuerySet":
        """Replies whose run has not ended, as far as the database knows."""
        return self.filter(status__in=Message.GOING_ON)


class Message(models.Model):
    """What a person wrote, or a reply: the text of one run."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        """A run's statuses. What a person wrote is done."""

        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")

    GOING_ON = (Status.QUEUED, Status.RUNNING)
    CUT = (Status.STOPPED, Status.FAILED, Status.INTERRUPTED)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, related_name="messages", on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, related_name="replies", on_delete=models.CASCADE)
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    option = models.SlugField(blank=True)
    """Of a person's message: what was chosen of the assistant's options."""
    status = models.CharField(max_length=11, choices=Status, default=Status.DONE, db_index=True)
    created = models.DateTimeField(db_default=Now())
    """By the database's clock: the machines' need not agree, and the newest message is what is shown."""

    # Of a reply
    run_id = models.UUIDField(null=True, unique=True)
    key = models.UUIDField(null=True, unique=True, editable=False)
    """What the request that asked for it is known by (`idempotency.name_of`): there is one reply to it."""
    is_news = models.BooleanField(null=True, editable=False)
    """Whether its owner has not seen yet how it ended. True or None: an index has those that are True."""
    continued = models.ForeignKey("self", null=True, related_name="+", on_delete=models.SET_NULL)
    """The reply that it goes on with: its text begins with all of that one's."""
    model = models.CharField(max_length=200, blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    usage_source = models.CharField(max_length=9, blank=True)
    first_token_ms = models.PositiveIntegerField(null=True)
    took_ms = models.PositiveIntegerField(null=True)
    """Milliseconds, from when its run began: until the model said something, and until the end."""
    details = models.JSONField(default=dict, blank=True)
    """Reasoning, tool steps, documents and output, as `Transcript.details` has them; and `sent_back`, which
    is for the model's server alone."""

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("created", "-role")  # what is stored at the same moment is a question and its reply
        indexes = (
            # For the usage of some days: without it every message that there is would be read.
            models.Index(
                fields=("created",), condition=models.Q(role="assistant"), name="chat_replies_by_time"
            ),
            models.Index(
                fields=("conversation",), condition=models.Q(is_news=True), name="chat_news_of_conversation"
            ),
        )

    after = 0
    """The number of the last event that `content` covers, while the run goes on."""
    begins_reach = False
    """Whether the model is not sent what comes before it any more (`history.mark_reach`)."""
    html = SafeString("")
    """What the page shows of a finished reply's text, once `rendered.with_html` has seen to it."""
    images: "Sequence[Image]" = ()
    """What a person's message shows, once `images.messages.add_to` has looked."""
    judged = ""
    """"yes" or "no", if its owner has said whether it was good and `feedback.opinions.add` has looked."""
    siblings: Siblings | None = None
    """The other versions of the message, if there are any and `siblings.add` has looked."""

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    def get_absolute_url(self) -> str:
        """Where a reply is shown, or the finished one that it did not replace: below its question."""
        return self.conversation.get_absolute_url(leaf=self.parent_id)

    @property
    def run(self) -> UUID:
        """The run that writes it, or wrote it: only a reply has one."""
        if self.run_id is None:
            raise LookupError("only a reply has a run")
        return self.run_id

    @property
    def is_running(self) -> bool:
        return self.status in self.GOING_ON

    @property
    def has_reached_the_limit(self) -> bool:
        """Whether the model was not let go on."""
        return self.status == self.Status.DONE and self.finish_reason.lower() in LENGTH_LIMITS

    @property
    def error_sentence(self) -> str:
        """Why it failed, in the reader's language; what is stored is English."""
        return in_language(self.error_message)

    @property
    def can_be_retried(self) -> bool:
        """Whether the same might succeed now."""
        return is_retryable(self.error_code)

    @property
    def is_cut_short(self) -> bool:
        """Whether it has ended before the model was through, and there is a text to go on from."""
        cut = self.status in (self.Status.STOPPED, self.Status.INTERRUPTED) or self.has_reached_the_limit
        return cut and bool(self.content.strip())

    def end(self, end: "End", events: "Sequence[Event]", times: "Times | None" = None) -> None:
        """Store how its run ended, and what of it there is. Once: an ended reply stays as it is."""
        transcript = Transcript.of(events)
        values: dict[str, object] = {
            "status": end.status,
            "content": transcript.text,
            "details": transcript.details | ({"sent_back": dict(end.sent_back)} if end.sent_back else {}),
            "finish_reason": (end.finish_reason or "")[:40],
        }
        if times is not None:
            values |= times._asdict()
        if end.error is not None:
            values |= {"error_code": end.error.code, "error_message": end.error.message}
        if end.usage is not None:
            values |= {
                "input_tokens": end.usage.input_tokens,
                "output_tokens": end.usage.output_tokens,
                "usage_source": end.usage.source,
            }
        Message.objects.unfinished().filter(pk=self.pk).update(**values)


class RenderedReply(models.Model):
    """The HTML of a finished reply, so that its text is rendered once. `rendered.py` writes and reads it."""

    message = models.OneToOneField(
        Message, primary_key=True, related_name="rendered", on_delete=models.CASCADE
    )
    html = models.TextField()
    seal = models.CharField(max_length=64)
    """Holds the HTML to its text, to the renderer and to this site (`rendered.seal_of`)."""

    def __str__(self) -> str:
        return str(self.pk)
