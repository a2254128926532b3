"""The runs in Django's admin site, to look at and to stop: what changes a run is the process that runs it."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streaming.models import Process, Run


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    """Shows how runs stand. Who may change runs can stop them."""

    list_display: tuple[str, ...] = ("id", "status", "belongs_to", "created", "ended", "attempt", "process")
    list_filter = ("status", "created", ("stop_requested", admin.EmptyFieldListFilter))
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=id", "=belongs_to")
    ordering = ("-created",)
    actions = ("stop",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        process = Process.objects.filter(pk=OuterRef("owner"))
        found: QuerySet[Run] = super().get_queryset(request)
        return found.annotate(host=Subquery(process.values("host")), pid=Subquery(process.values("pid")))

    @admin.display(description=gettext_lazy("process"))
    def process(self, run: Any) -> str:
        """Where its process is; nothing if that has ended since."""
        return _("%(pid)d on %(host)s") % {"pid": run.pid, "host": run.host} if run.pid else ""

    @admin.action(description=gettext_lazy("Stop those that go on"), permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        from streaming import runs  # it loads LangChain, and this module is read before a server starts

        going_on = list(queryset.filter(status=Run.Status.RUNNING))
        for run in going_on:
            runs.stop(run.pk)
            self.log_change(request, run, "stopped")
        told = ngettext("%d run was asked to stop.", "%d runs were asked to stop.", len(going_on))
        self.message_user(request, told % len(going_on))

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("streaming.change_run"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
