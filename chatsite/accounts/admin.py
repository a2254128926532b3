"""What staff can see and change of who may do what."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.forms import Form
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from chatsite.accounts.invitations import GOOD_FOR, link_of
from chatsite.accounts.models import Invitation, Limits


@admin.register(Limits)
class LimitsAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    list_display = ("__str__", "messages", "uploads", "replies", "tokens", "cost", "disk")


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    """To invite somebody: the link is shown once, when it has been made."""

    list_display = ("__str__", "created", "ends", "used", "user")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"ends": timezone.now() + timedelta(days=GOOD_FOR)}

    def save_model(self, request: HttpRequest, obj: Invitation, form: Form, change: bool) -> None:  # noqa: FBT001
        key = "" if change else obj.give_key()
        super().save_model(request, obj, form, change)
        if key:
            link = request.build_absolute_uri(link_of(key))
            message = _("This link is shown once, and good for one account: {link}").format(link=link)
            self.message_user(request, message)
