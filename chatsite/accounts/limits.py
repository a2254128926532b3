"""How much one person, or one address, may do. Counted in the database, so that it holds across processes.

The settings have a number for each name (0: no limit), and another one for guests where that differs. In the
admin, `Limits` puts others in their place for the members of a group, or for guests. A count begins with the
first use, and is forgotten when its time is over.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from chatsite.accounts.address import address_of, group_of, is_this_machine
from chatsite.accounts.models import Count, Limits
from chatsite.accounts.visitor import Visitor

logger = logging.getLogger("chatsite.limits")

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SOON = 5
"""Seconds after which something that goes on may have ended."""
_NO_LIMIT = 2**62
_UNIT = {"cost": 1_000_000}
"""What is counted in parts of what the limit says: millionths of a cent."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What is limited: within so many seconds, or at any time if that is 0."""

    seconds: int
    sentence: str
    passes: bool = True
    """Whether it ends by itself, and not only when the person deletes something."""


LIMITS = {
    "requests": Limit(MINUTE, _("This site answers {most:,} requests a minute from one address.")),
    "sign_ins": Limit(HOUR, _("This site takes {most:,} tries to sign in an hour from one address.")),
    "codes": Limit(HOUR, _("You can try {most:,} codes an hour.")),
    "used_codes": Limit(0, _("That code was used already. Wait for the next one.")),
    "mails": Limit(HOUR, _("This site sends {most:,} mails an hour to one address. Look into your mailbox.")),
    "passwords": Limit(0, _("This site takes {most:,} passwords at once from one address. Try again.")),
    "guests": Limit(DAY, _("This site lets in {most:,} new guests a day from one address.")),
    "messages": Limit(HOUR, _("You can ask for {most:,} replies an hour.")),
    "uploads": Limit(DAY, _("You can upload {most:,} files a day.")),
    "imports": Limit(DAY, _("You can import {most:,} files and shared chats a day.")),
    "importing": Limit(0, _("You can have {most:,} file imported at once. Wait until that has ended.")),
    "exports": Limit(0, _("You can have {most:,} exports at once. Wait until one of them has ended.")),
    "replies": Limit(
        0, _("You can have {most:,} replies written at once. Wait until one of them has ended.")
    ),
    "waiting": Limit(0, _("{most:,} messages can wait in one chat. Wait until one of them is sent.")),
    "waiting_in_all": Limit(0, _("You can have {most:,} messages waiting. Wait until one of them is sent.")),
    "readers": Limit(0, _("You can follow {most:,} replies at once. Close another page of this site.")),
    "files": Limit(0, _("You can have {most:,} files read at once. Wait until one of them is done.")),
    "tokens": Limit(DAY, _("You have used the {most:,} tokens that you can use a day.")),
    "cost": Limit(DAY, _("You have used what your replies may cost a day.")),
    "disk": Limit(
        0, _("Your documents can have {most:,} bytes together. Delete one to upload another."), passes=False
    ),
    "images": Limit(
        0,
        _("Your images can have {most:,} bytes together. Delete a chat that has some to send more."),
        passes=False,
    ),
    "links": Limit(0, _("You can have {most:,} links. Revoke one to make another."), passes=False),
    "documents": Limit(0, _("You can have {most:,} documents. Delete one to upload another."), passes=False),
}


class LimitReached(Exception):
    """Somebody has done as much as they may. The text is for people: which limit, and when it ends."""

    def __init__(self, name: str, *, most: int, retry_after: int | None) -> None:
        told = gettext(LIMITS[name].sentence).format(most=most)
        if retry_after and LIMITS[name].seconds:
            told += gettext(" Try again in {time}.").format(time=duration(retry_after))
        super().__init__(told)
        self.name = name
        self.retry_after = retry_after
        """Seconds; None where only the person can end it."""


def duration(seconds: int) -> str:
    """So many seconds, in words."""
    if seconds >= 2 * HOUR:
        return gettext("{number} hours").format(number=-(-seconds // HOUR))
    if seconds >= 2 * MINUTE:
        return gettext("{number} minutes").format(number=-(-seconds // MINUTE))
    return ngettext("{number} second", "{number} seconds", seconds).format(number=seconds)


class Allowance:
    """What one person may do: their limits, of which one query tells."""

    def __init__(self, visitor: Visitor) -> None:
        self._who = name_of(visitor)
        self._most = _limits_of(visitor)

    def most(self, name: str) -> int:
        """The limit of that name, 0 if there is none."""
        return self._most[name]

    def take(self, name: str) -> None:
        """Count something that is about to be done. Raises `LimitReached` where that is too much."""
        take(name, self._who, most=self.most(name))

    def require_left(self, *names: str) -> None:
        """Raises `LimitReached` if the person has used up what they may spend of one of these."""
        limited = [name for name in names if self.most(name)]
        used = Count.objects.filter(name__in=limited, who=self._who, ends__gt=time.time())
        for name, amount in used.values_list("name", "amount"):
            if amount >= (most := self.most(name)) * _UNIT.get(name, 1):
                raise _reached(name, self._who, most, _seconds_left(name, self._who))

    def require_room(self, name: str, *, used: int) -> None:
        """Raises `LimitReached` if so much is more than the person may have at any time."""
        if (most := self.most(name)) and used > most:
            raise _reached(name, self._who, most, SOON if LIMITS[name].passes else None)


def too_many(name: str, who: str, *, most: int) -> LimitReached:
    """The refusal of somebody who has as many going on as one may have in this process."""
    return _reached(name, who, most, SOON)


def _limits_of(visitor: Visitor) -> dict[str, int]:
    """Of each limit the highest of the visitor's groups, or else what the settings say."""
    usual = settings.LIMITS if visitor.user else settings.LIMITS | settings.GUEST_LIMITS
    theirs = Q(group__user=visitor.user) if visitor.user else Q(group=None)
    rows: list[Any] = list(Limits.objects.filter(theirs).values())
    limits = {}
    for name, most in usual.items():
        found = [row[name] for row in rows if row.get(name) is not None]
        limits[name] = (0 if 0 in found else max(found)) if found else int(most)
    return limits


def name_of(visitor: Visitor) -> str:
    """What a person is counted by."""
    return f"user {visitor.user.pk}" if visitor.user else f"guest {visitor.guest}"


def take(name: str, who: str, *, most: int, amount: int = 1) -> None:
    """Count something that is about to be done. Raises `LimitReached` where that is too much."""
    if most and not _add(name, who, amount, most):
        raise _reached(name, who, most, _seconds_left(name, who))


def take_for_address(request: HttpRequest, name: str) -> None:
    """The same for the address that a request comes from. This machine is free: its own programs have that
    address, and a visitor behind a proxy on it has another one."""
    address = address_of(request)
    if address and not is_this_machine(address):
        take(name, f"address {group_of(address)}", most=int(settings.LIMITS[name]))


def spend(visitor: Visitor, name: str, amount: int) -> None:
    """Count what was used, however much it was: the next one is refused."""
    if amount:
        _add(name, name_of(visitor), amount, _NO_LIMIT)


def spend_tokens(visitor: Visitor, read: int, written: int) -> None:
    """Count what a model has read and written for somebody, and what that costs."""
    spend(visitor, "tokens", read + written)
    spend(visitor, "cost", read * settings.PRICE_INPUT + written * settings.PRICE_OUTPUT)


def _reached(name: str, who: str, most: int, retry_after: int | None) -> LimitReached:
    logger.warning("limit of %s (%d) reached by %s", name, most, who)
    return LimitReached(name, most=most, retry_after=retry_after)


def _seconds_left(name: str, who: str) -> int:
    ends = Count.objects.filter(name=name, who=who).values_list("ends", flat=True).first()
    return max(1, (ends or 0) - int(time.time()))


_UPSERT = """
    INSERT INTO accounts_count (name, who, amount, ends) VALUES (%s, %s, %s, %s)
    ON CONFLICT (name, who) DO UPDATE SET
        amount = excluded.amount + CASE WHEN accounts_count.ends <= %s THEN 0 ELSE accounts_count.amount END,
        ends = CASE WHEN accounts_count.ends <= %s THEN excluded.ends ELSE accounts_count.ends END
    WHERE accounts_count.ends <= %s OR accounts_count.amount + excluded.amount <= %s
"""


def _add(name: str, who: str, amount: int, most: int) -> bool:
    """In one statement, so that of two processes which take the last one only one gets it."""
    if amount > most:
        return False
    now = int(time.time())
    ends = now + (LIMITS[name].seconds or DAY)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [name, who, amount, ends, now, now, now, most])
        return bool(cursor.rowcount)
