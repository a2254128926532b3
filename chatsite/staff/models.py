"""Who of the staff has read whose words; and what the admin calls usage."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from chatsite.chat.models import Message

REASON_LENGTH = 200


class Reading(models.Model):
    """A look into somebody's conversation. It names what was read, and outlasts it: no foreign key there."""

    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("reader"),
    )
    name = models.CharField(_("name"), max_length=150)
    """The reader's, as it was."""
    conversation = models.UUIDField(_("conversation"), db_index=True)
    page = models.PositiveIntegerField(_("page"))
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("look into a conversation")
        verbose_name_plural = _("looks into conversations")
        default_permissions = ("view",)
        permissions = (
            ("read_messages", gettext_noop("Can read the messages in other people's conversations")),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.conversation}"


class Usage(Message):
    """Replies, as the page of usage counts them. Has a name, and a permission, in the admin."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = _("usage")
