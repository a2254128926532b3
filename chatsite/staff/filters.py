"""Filters of lists, each a choice of few."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

MOST = 50
"""Choices of a filter that come from rows."""


class OwnerFilter(admin.SimpleListFilter):
    """Whose it is."""

    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("accounts", _("accounts")), ("guests", _("guests"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        return queryset.filter(user__isnull=asked == "guests") if asked else queryset


class StateFilter(admin.SimpleListFilter):
    """What is to become of a conversation."""

    title = _("state")
    parameter_name = "state"
    STATES = {
        "kept": (_("kept"), Q(deleted=None, expires=None)),
        "archived": (_("archived"), Q(deleted=None, is_archived=True)),
        "temporary": (_("temporary"), Q(deleted=None, expires__isnull=False)),
        "deleted": (_("deleted"), Q(deleted__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(name, title) for name, (title, _condition) in self.STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.STATES.get(self.value() or "")
        return queryset.filter(state[1]) if state else queryset


class AssistantFilter(admin.SimpleListFilter):
    """Whom it is with."""

    title = _("assistant")
    parameter_name = "assistant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        slugs = model_admin.model.objects.order_by("assistant").values_list("assistant", flat=True)
        return [(slug, slug) for slug in slugs.distinct()[:MOST]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(assistant=self.value()) if self.value() else queryset


class ModelFilter(admin.SimpleListFilter):
    """Which model the reply is from."""

    title = _("model")
    parameter_name = "of_model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        names = model_admin.model.objects.order_by("message__model").values_list("message__model", flat=True)
        return [(name, name or "-") for name in names.distinct()[:MOST]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(message__model=self.value()) if self.value() is not None else queryset
