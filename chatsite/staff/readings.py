"""The looks that were taken. Nobody changes or deletes one here."""

from django.contrib import admin

from chatsite.staff.looking import LookOnly
from chatsite.staff.models import Reading


@admin.register(Reading)
class ReadingAdmin(LookOnly):
    """Who has read what, when and why."""

    list_display = ("at", "name", "conversation", "page", "reason")
    list_filter = ("at",)
    search_fields = ("=name", "=conversation")
