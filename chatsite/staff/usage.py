"""How much was used: by day, model and person, of the replies that are there. Counted by the database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, DateField, F, Func, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from chatsite.chat.models import Message

BY = {"day": "day", "model": "model", "person": "conversation__user__username"}
"""What rows can be told apart by, and the column that has it. Guests are one person."""
SUMS = ("replies", "failed", "input_tokens", "output_tokens")


class Day(Func):
    """The day of a moment, of UTC, by a function of the database's own: Django's calls Python in SQLite."""

    arity = 1
    output_field = DateField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="DATE(%(expressions)s)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="(%(expressions)s AT TIME ZONE 'UTC')::date", **context
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which replies, and how to put them together."""

    first: date
    last: date
    by: tuple[str, ...]
    model: str = ""
    person: str = ""

    @property
    def replies(self) -> QuerySet[Message]:
        start = datetime.combine(self.first, time.min, UTC)
        end = datetime.combine(self.last + timedelta(days=1), time.min, UTC)
        found = Message.objects.filter(role=Message.Role.ASSISTANT, created__gte=start, created__lt=end)
        if self.model:
            found = found.filter(model=self.model)
        if self.person:
            found = found.filter(conversation__user__username=self.person)
        return found.order_by()


def rows_of(asked: Asked, *, most: int) -> list[dict[str, Any]]:
    """The newest days first; within one day, who or what has written most."""
    by = [name for name in BY if name in asked.by]
    keys = {name: Day("created") if name == "day" else F(BY[name]) for name in by if name != "model"}
    found = asked.replies.values(*(["model"] if "model" in by else []), **keys)
    names = [F(name).asc(nulls_last=True) for name in by if name != "day"]
    order = [*(["-day"] if "day" in by else []), "-output_sum", *names]
    rows = found.annotate(**_sums()).order_by(*order)[:most]
    return [_row(row, by) for row in rows]


def total_of(asked: Asked) -> dict[str, Any]:
    """All of it in one row."""
    return _row(asked.replies.aggregate(**_sums()), [])


def _sums() -> dict[str, Any]:
    return {
        "replies": Count("pk"),
        "failed": Count("pk", filter=Q(status__in=(Message.Status.FAILED, Message.Status.INTERRUPTED))),
        "input_sum": Coalesce(Sum("input_tokens"), 0),
        "output_sum": Coalesce(Sum("output_tokens"), 0),
    }


def _row(row: dict[str, Any], by: list[str]) -> dict[str, Any]:
    read, written = row["input_sum"], row["output_sum"]
    values = [row[name] for name in by]
    sums = [row["replies"], row["failed"], read, written]
    cost = (read * settings.PRICE_INPUT + written * settings.PRICE_OUTPUT) / 1_000_000
    return {"by": values, "sums": sums, "cents": cost}
