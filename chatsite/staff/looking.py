"""Lists of the admin that are to be looked at."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class PageOfRows(ChangeList):
    """A list that knows more of the rows on its page, by as many queries as one row would need."""

    model_admin: "WithFacts"

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        self.model_admin.add_facts(self.result_list)


class WithFacts(admin.ModelAdmin):  # type: ignore[type-arg] # it is not generic at run time
    """What `add_facts` finds out is there for `list_display`. Nothing counts all rows to show some."""

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False

    def add_facts(self, rows: list[Any]) -> None:
        """Set attributes of the rows on a page."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PageOfRows


class LookOnly(WithFacts):
    """Nothing is added, changed or deleted here; and an address asks for nothing that is no filter: by
    `?title__startswith=` somebody could find out what they are not shown."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return any(
            lookup == name
            or (lookup.startswith(f"{name}__") and "__" not in lookup.removeprefix(f"{name}__"))
            for name in map(_parameter_of, self.list_filter)
        )


def _parameter_of(found: Any) -> str:
    """What a filter's parameters begin with: the filter is a field's name, a pair with one, or a class."""
    if isinstance(found, str | tuple):
        return found if isinstance(found, str) else str(found[0])
    return str(found.parameter_name)
