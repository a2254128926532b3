"""The list of conversations: pinned ones first, then by date; read on from any place in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Self
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.visitor import Visitor
from chatsite.chat import news
from chatsite.chat.models import Conversation

RECENT = 50
"""Conversations in the list beside the page, and on each page of the whole list."""
PINNED = gettext_noop("Pinned")
TODAY = gettext_noop("Today")


@dataclass(frozen=True)
class Group:
    """Conversations under one heading."""

    name: str
    conversations: list[Conversation]

    @property
    def is_today(self) -> bool:
        return self.name == _(TODAY)


@dataclass(frozen=True)
class Place:
    """A place in the list: after one conversation, where that stood when the place was noted down."""

    is_pinned: bool
    updated: datetime
    id: UUID

    @classmethod
    def after(cls, conversation: Conversation) -> Self:
        return cls(conversation.is_pinned, conversation.updated, conversation.pk)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str()` has made of a place. Raises `ValueError`."""
        pinned, moment, name = text.split("_")
        updated = parse_datetime(moment)
        if pinned not in ("0", "1") or updated is None or updated.tzinfo is None:
            raise ValueError(text)
        return cls(pinned == "1", updated, UUID(name))

    def __str__(self) -> str:
        return f"{int(self.is_pinned)}_{self.updated.isoformat()}_{self.id.hex}"

    @property
    def rest(self) -> Q:
        """The conversations that come later in the list."""
        later = Q(is_pinned=self.is_pinned) & (
            Q(updated__lt=self.updated) | Q(updated=self.updated, id__lt=self.id)
        )
        return later | Q(is_pinned=False) if self.is_pinned else later


def beside(visitor: Visitor, *, page_of: Conversation | None = None) -> list[Group]:
    """The list beside the page of that conversation, with what is going on in each. What ended in it has been
    seen."""
    recent = Conversation.objects.for_visitor(visitor).listed().filter(is_archived=False)[:RECENT]
    listed = list(recent)
    news.add(listed, visitor, shown=page_of)
    return grouped(listed, with_today=True)


def grouped(conversations: Iterable[Conversation], *, with_today: bool = False) -> list[Group]:
    """The same conversations, in the list's order, under headings. With `with_today` that group is there, if
    need be without any: a new conversation has its place."""
    today = timezone.localdate()
    found = groupby(conversations, key=lambda each: _heading(each, today))
    groups = [Group(name, list(rows)) for name, rows in found]
    if with_today and not any(group.is_today for group in groups):
        groups.insert(sum(group.name == _(PINNED) for group in groups), Group(_(TODAY), []))
    return groups


def _heading(conversation: Conversation, today: date) -> str:
    if conversation.is_pinned:
        return _(PINNED)
    day = timezone.localdate(conversation.updated)
    if day >= today:
        return _(TODAY)
    if day == today - timedelta(days=1):
        return _("Yesterday")
    for days in (7, 30):
        if day >= today - timedelta(days=days):
            return _("Previous {days} days").format(days=days)
    return format_date(day, _("F Y"))
