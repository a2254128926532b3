"""Takes a file of conversations: has it checked in a child process, and stores all of it or nothing."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from chatsite.accounts import limits
from chatsite.accounts.limits import Allowance
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.offered import is_offered
from chatsite.assistants.preferences import INSTRUCTIONS_LENGTH
from chatsite.chat.models import TITLE_LENGTH
from chatsite.chat.portable import staging
from chatsite.confined.budgets import IMPORTING
from chatsite.confined.pool import NoPlace, Pool, TooMuch
from chatsite.images.pictures import Picture, shown_name
from streaming import admission
from streaming.admission import Admission, Busy, Place, TooMany

AT_ONCE = 2
"""Files that one process has in hand at once, one of each person: each holds a thread, and memory."""
MOST_CONVERSATIONS = 5_000
MOST_MESSAGES = 50_000
MOST_CHARACTERS = 1_000_000
PATIENCE = 5.0
"""Seconds that a file waits for its turn to be checked."""
_ROOM = 1 << 20

_in_hand = Admission()


class CannotImport(Exception):
    """Nothing of the file was stored. The message is for people."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored."""

    number: int
    """Of conversations."""
    left_out: Sequence[str]
    """Models that were set for some of them, and that this site does not offer."""


def import_file(content: bytes, *, visitor: Visitor) -> Imported:
    """Store the conversations that are in a file. Raises `CannotImport`, `LimitReached`,
    and `Busy` where the process has too many files in hand."""
    with _place(visitor):
        Allowance(visitor).take("imports")  # also of one that is refused: it is read before
        conversations = _checked(content, visitor)
        try:
            given = _Given(conversations)
            number = len(staging.store(given, visitor=visitor))
            return Imported(number, sorted(given.left_out))
        except staging.TookTooLong:
            raise CannotImport(_("Storing the file took too long. Import its chats one by one.")) from None


class _Given:
    """The conversations, one at a time; without models that are not offered."""

    def __init__(self, conversations: Sequence[str]) -> None:
        self._conversations = conversations
        self.left_out: set[str] = set()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for given in map(json.loads, self._conversations):
            chosen = given["settings"]
            if chosen["model"] and not is_offered(chosen["model"]):
                self.left_out.add(chosen["model"])
                chosen["model"] = ""
            for message in given["messages"]:
                images = message["images"]
                message["images"] = [Picture.of_json(each, name=shown_name(each["name"])) for each in images]
            yield given


def _place(visitor: Visitor) -> Place:
    places = max(1, min(AT_ONCE, admission.limit() // 10))
    try:
        return _in_hand.enter(owner=visitor, most=1, of=places)
    except TooMany:
        raise limits.too_many("importing", limits.name_of(visitor), most=1) from None


def _checked(content: bytes, visitor: Visitor) -> list[str]:
    """Each conversation of the file, as JSON. No database connection is held meanwhile."""
    if not connection.in_atomic_block:
        connection.close()
    most = {
        "conversations": MOST_CONVERSATIONS,
        "messages": MOST_MESSAGES,
        "characters": MOST_CHARACTERS,
        "title": TITLE_LENGTH,
        "instructions": INSTRUCTIONS_LENGTH,
    }
    job = {"most": most, "now": timezone.now().isoformat()}
    try:
        done = _pool().ask(job, content, length=len(content), owner=visitor, answer=2 * len(content) + _ROOM)
    except NoPlace:
        raise Busy from None
    except TooMuch:
        raise CannotImport(_("Reading the file takes more time or memory than this site allows.")) from None
    if "refused" in done:
        raise CannotImport(_told(**done["refused"]))
    conversations: list[str] = done["conversations"]
    return conversations


def _told(*, where: Iterable[tuple[str, int]], sentence: str, values: Mapping[str, Any]) -> str:
    """What the child has refused, in the language of whoever asks."""
    why = _(sentence).format(**values)
    place = _(", ").join(_(name).format(number=number) for name, number in where)
    return _("{place}: {why}").format(place=place, why=why) if place else why


@cache
def _pool() -> Pool:
    """A child for each file: one that has read a hostile file reads no other."""
    return Pool("chatsite.chat.portable.check:work", IMPORTING, size=AT_ONCE, jobs=1, wait=PATIENCE)
