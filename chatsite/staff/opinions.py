"""What people think of replies."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chatsite.feedback.models import Opinion
from chatsite.staff.filters import ModelFilter
from chatsite.staff.looking import LookOnly


@admin.register(Opinion)
class OpinionAdmin(LookOnly):
    """Opinions with their comments. The reply is read where all of a conversation is."""

    list_display = ("changed", "is_good", "comment", "of_model", "assistant", "conversation")
    list_filter = ("is_good", ("comment", admin.EmptyFieldListFilter), ModelFilter, "changed")
    search_fields = ("comment",)
    ordering = ("-changed", "pk")
    list_select_related = ("message__conversation",)
    fields = readonly_fields = ("changed", "is_good", "comment", "of_model", "assistant", "conversation")

    @admin.display(description=_("model"))
    def of_model(self, opinion: Any) -> str:
        name: str = opinion.message.model
        return name

    @admin.display(description=_("assistant"))
    def assistant(self, opinion: Opinion) -> str:
        return opinion.message.conversation.assistant

    @admin.display(description=_("conversation"))
    def conversation(self, opinion: Opinion) -> str:
        talk = opinion.message.conversation_id
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:chat_conversation_change", args=[talk]), talk
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the reply's text: it is not shown."""
        found = super().get_queryset(request)
        return found.defer("message__content", "message__details", "message__conversation__title")
