"""The page of usage in the admin, and the same as CSV."""

import csv
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatsite.staff import usage
from chatsite.staff.looking import LookOnly
from chatsite.staff.models import Usage
from chatsite.staff.usage import Asked

ON_PAGE, IN_FILE = 500, 50_000
"""Rows. Whoever wants others asks for less."""
MOST_DAYS = 366
TITLES = {"day": _("Day (UTC)"), "model": _("Model"), "person": _("Person")}
SUMS = (_("Replies"), _("Failed"), _("Tokens read"), _("Tokens written"))
GUESTS = _("guests")


class UsageForm(forms.Form):
    """Of which days, and by what."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    by = forms.MultipleChoiceField(
        label=_("By"), choices=list(TITLES.items()), widget=forms.CheckboxSelectMultiple, required=False
    )
    model = forms.CharField(label=_("Model"), required=False, max_length=200)
    person = forms.CharField(label=_("Person"), required=False, max_length=150)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cleaned_data
        if not self.errors and not 0 <= (found["last"] - found["first"]).days < MOST_DAYS:
            raise forms.ValidationError(_("Ask for a day or more, and a year at most."))
        return found


@admin.register(Usage)
class UsageAdmin(LookOnly):
    """One page."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = UsageForm(request.GET if "first" in request.GET else _last_days(30))
        asked = Asked(**form.cleaned_data) if form.is_valid() else None
        if asked and "csv" in request.GET:
            return _file(asked)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Usage"),
            "form": form,
        }
        if asked:
            rows = [_shown(row) for row in usage.rows_of(asked, most=ON_PAGE + 1)]
            context |= {
                "heads": _heads(asked),
                "by": len([name for name in TITLES if name in asked.by]),
                "rows": rows[:ON_PAGE],
                "is_cut": len(rows) > ON_PAGE,
                "most": ON_PAGE,
                "total": _shown(usage.total_of(asked)),
            }
        return TemplateResponse(request, "admin/staff/usage.html", context)

    def get_urls(self) -> list[Any]:
        """That of the list: there is no page of one."""
        return super().get_urls()[:1]


def _last_days(days: int) -> dict[str, Any]:
    today = timezone.now().date()
    return {"first": today - timedelta(days=days - 1), "last": today, "by": list(TITLES)}


def _heads(asked: Asked) -> list[Any]:
    cost = [_("Cents")] if settings.PRICE_INPUT or settings.PRICE_OUTPUT else []
    return [*(title for name, title in TITLES.items() if name in asked.by), *SUMS, *cost]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The cells: what rows are told apart by, and numbers."""
    by = [GUESTS if value is None else value for value in row["by"]]
    cost = [f"{row['cents']:.2f}"] if settings.PRICE_INPUT or settings.PRICE_OUTPUT else []
    return {"by": by, "numbers": [*row["sums"], *cost]}


def _file(asked: Asked) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{asked.first}-{asked.last}.csv"'
    writer = csv.writer(response)
    writer.writerow(_heads(asked))
    for row in usage.rows_of(asked, most=IN_FILE):
        shown = _shown(row)
        writer.writerow([*map(_no_formula, map(str, shown["by"])), *shown["numbers"]])
    return response


def _no_formula(text: str) -> str:
    """Programs that show tables take a name such as `=1+1` for something to work out."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
