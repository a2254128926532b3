"""The runs, with what their replies say of them."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chatsite.chat.models import Message
from chatsite.staff.looking import LookOnly
from streaming.admin import RunAdmin
from streaming.models import Run

admin.site.unregister(Run)


@admin.register(Run)
class ReplyRunAdmin(RunAdmin, LookOnly):
    """Of each run the model, how it failed, and the conversation, on top of what the package knows."""

    list_display: tuple[str, ...] = (
        "id",
        "status",
        "created",
        "ended",
        "process",
        "of_model",
        "error_code",
        "conversation",
    )

    def add_facts(self, rows: list[Any]) -> None:
        replies = Message.objects.filter(run_id__in=[run.pk for run in rows])
        known = {
            reply["run_id"]: reply
            for reply in replies.values("run_id", "model", "error_code", "conversation").order_by()
        }
        for run in rows:
            run.reply = known.get(run.pk, {})

    @admin.display(description=_("model"))
    def of_model(self, run: Any) -> str:
        return str(run.reply.get("model", ""))

    @admin.display(description=_("error"))
    def error_code(self, run: Any) -> str:
        return str(run.reply.get("error_code", ""))

    @admin.display(description=_("conversation"))
    def conversation(self, run: Any) -> str:
        return str(run.reply.get("conversation", ""))
