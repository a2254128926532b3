"""Conversations, as those who run the site see them: whose, with whom, how long. What people have written, a
title included, is for those who may read it (`staff.read_messages`), and each look is written down.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from chatsite.chat.models import Conversation, Message
from chatsite.staff.filters import AssistantFilter, OwnerFilter, StateFilter
from chatsite.staff.forms import ReasonForm
from chatsite.staff.looking import LookOnly
from chatsite.staff.models import Reading

MAY_READ = "staff.read_messages"
ON_A_PAGE = 100
"""Messages."""


@admin.register(Conversation)
class ConversationAdmin(LookOnly):
    """A list without titles, and a page for each."""

    list_display = ("number", "owner", "assistant", "models", "messages", "created", "updated", "state")
    list_filter = (OwnerFilter, StateFilter, AssistantFilter, "created", "updated")
    search_fields = ("=id", "=user__username", "=guest")
    ordering = ("-updated", "-pk")
    list_select_related = ("user",)

    def get_urls(self) -> list[Any]:
        """The list and the page alone: others would be headed by the title."""
        guard = self.admin_site.admin_view
        return [
            path("", guard(self.changelist_view), name="chat_conversation_changelist"),
            path("<uuid:pk>/change/", guard(self.one), name="chat_conversation_change"),
        ]

    def add_facts(self, rows: list[Any]) -> None:
        talks = {talk.pk: talk for talk in rows}
        for talk in rows:
            talk.count, talk.of_models = 0, []
        theirs = Message.objects.filter(conversation__in=talks).order_by()
        for row in theirs.values("conversation").annotate(count=Count("pk")):
            talks[row["conversation"]].count = row["count"]
        for pk, model in theirs.exclude(model="").values_list("conversation", "model").distinct():
            talks[pk].of_models.append(model)

    @admin.display(description=_("conversation"), ordering="pk")
    def number(self, talk: Conversation) -> str:
        return str(talk.pk)

    @admin.display(description=_("owner"))
    def owner(self, talk: Conversation) -> Any:
        return talk.user.get_username() if talk.user else _("guest %s") % talk.guest

    @admin.display(description=_("models"))
    def models(self, talk: Any) -> str:
        return ", ".join(sorted(talk.of_models))

    @admin.display(description=_("messages"))
    def messages(self, talk: Any) -> int:
        count: int = talk.count
        return count

    @admin.display(description=_("state"))
    def state(self, talk: Conversation) -> Any:
        if talk.deleted:
            return _("deleted")
        if talk.expires:
            return _("temporary")
        return _("archived") if talk.is_archived else _("kept")

    @method_decorator((csrf_protect, never_cache))
    def one(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What is known of one; and, for those who may and say why, what is written in it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        talk = self.get_queryset(request).select_related("user").filter(pk=pk).first()
        if talk is None:
            raise Http404
        self.add_facts([talk])
        may_read = request.user.has_perm(MAY_READ)
        form = ReasonForm(request.POST or None)
        page = None
        if request.method == "POST":
            if not may_read:
                raise PermissionDenied
            if form.is_valid():
                page = _read(request, talk, form.cleaned_data["reason"], form.cleaned_data["page"] or 1)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Conversation %s") % talk.pk,
            "facts": [
                (_("owner"), self.owner(talk)),
                (_("assistant"), talk.assistant),
                (_("models"), self.models(talk)),
                (_("messages"), self.messages(talk)),
                (_("created"), talk.created),
                (_("updated"), talk.updated),
                (_("state"), self.state(talk)),
            ],
            "may_read": may_read,
            "form": form,
            "talk": talk,
            "page": page,
        }
        return TemplateResponse(request, "admin/staff/conversation.html", context)


def _read(request: HttpRequest, talk: Conversation, reason: str, number: int) -> Any:
    """Write down that somebody reads, and then give them what there is."""
    page = Paginator(_texts_of(talk), ON_A_PAGE).get_page(number)
    Reading.objects.create(
        reader_id=request.user.pk,
        name=request.user.get_username(),
        conversation=talk.pk,
        page=page.number,
        reason=reason,
    )
    return page


def _texts_of(talk: Conversation) -> QuerySet[Message]:
    return talk.messages.only("role", "status", "model", "error_code", "created", "content").reverse()
