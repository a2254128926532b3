"""Reads a conversation's tree of messages: up from one, or down. One query, whatever else is in the tree."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

_Message = TypeVar("_Message", bound=Model)

_FRAME = 12
"""Characters that each message with a text counts for besides: what a model is sent around it."""
ANY_NUMBER = 2**31 - 1
_SQL = """
    WITH RECURSIVE path(id, parent_id, place, characters) AS (
        SELECT leaf.id, leaf.parent_id, 0, {size} FROM ({leaf}) leaf
        UNION ALL
        SELECT message.id, message.parent_id, path.place + 1, path.characters + {message_size}
        FROM path JOIN {table} message ON message.id = path.parent_id
        WHERE path.place < %s {enough}
    )
    SELECT message.* FROM path JOIN {table} message USING (id) ORDER BY path.place DESC
"""
_BELOW = """
    WITH RECURSIVE below(id) AS (
        SELECT root.id FROM ({root}) root
        UNION ALL
        SELECT message.id FROM below JOIN {table} message ON message.parent_id = below.id
    )
    SELECT id FROM below
"""


@dataclass(frozen=True, slots=True)
class Siblings:
    """A message's place among all that answer the same, from 1, how many these are, and those beside it."""

    place: int
    count: int
    previous: UUID | None
    next: UUID | None


def messages_up_to(
    leaf: QuerySet[_Message], *, characters: int | None = None, most: int | None = None
) -> list[_Message]:
    """The messages from the first to the one that `leaf` finds.

    With `characters`, only the newest ones, back to the one in which so many are reached; with `most`, so
    many of them at most.
    """
    sql, params = leaf.query.sql_with_params()
    statement = _SQL.format(
        leaf=sql,
        table=leaf.model._meta.db_table,
        size=_size("leaf"),
        message_size=_size("message"),
        enough="" if characters is None else "AND path.characters <= %s",
    )
    limits = (ANY_NUMBER if most is None else most - 1, *(() if characters is None else (characters,)))
    return list(leaf.model._default_manager.raw(statement, (*params, *limits)))


def ids_below(root: QuerySet[_Message]) -> RawSQL:
    """The ids of the message that `root` finds and of all below it, for a filter `pk__in`."""
    sql, params = root.query.sql_with_params()
    return RawSQL(_BELOW.format(root=sql, table=root.model._meta.db_table), params)  # noqa: S611 - Django's own


def _size(row: str) -> str:
    return f"CASE WHEN {row}.content = '' THEN 0 ELSE length({row}.content) + {_FRAME} END"
