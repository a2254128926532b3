"""The runs in Django's admin site, to look at: what changes a run is the process that runs it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from streaming.models import Run


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    """Shows how runs stand."""

    list_display = ("id", "status", "belongs_to", "created", "ended")
    list_filter = ("status",)
    search_fields = ("=id", "=belongs_to")
    ordering = ("-created",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
