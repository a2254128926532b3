"""What staff can see and change of who may do what."""

from django.contrib import admin
from django.http import HttpRequest

from chatsite.accounts.models import Guest, Limits


@admin.register(Limits)
class LimitsAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    list_display = ("__str__", "messages", "uploads", "replies", "tokens", "cost", "disk")


@admin.register(Guest)
class GuestAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    """To see who there is, and to send somebody away by setting `ended`."""

    list_display = ("__str__", "created", "seen", "ended")
    readonly_fields = ("id", "created", "seen")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
