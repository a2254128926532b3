"""Tells the open pages of a person that their list of conversations has changed, in whichever process.

A change counts the person's number up, and processes look for those of the people whose pages they serve. One
thread of each process does both: it writes what was told here, and looks at once after that, and otherwise
once a second while there are pages. So neither a request nor the end of a reply waits for it, and a page that
is open costs no query of its own. What gets lost in an outage is a hint: a page asks again when it is shown.
"""

import logging
import threading
from collections.abc import Iterable
from functools import partial

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from chatsite.accounts.limits import name_of
from chatsite.accounts.visitor import Visitor
from chatsite.live.models import ListChanges

logger = logging.getLogger("chatsite.live")

INTERVAL = 1.0
"""Seconds between two looks into the database."""
_MOST_WAITING = 10_000
"""People whose changes wait to be written. Only an outage makes them so many; others' are dropped."""
_AT_ONCE = 500
"""People of whom one query asks."""


class Listener:
    """One open page's wait for changes."""

    def __init__(self, who: str, number: int) -> None:
        self.who = who
        self.number = number
        """The last one that is known here."""
        self.changed = threading.Event()


class Changes:
    """Those of one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._listeners: set[Listener] = set()
        self._told: set[str] = set()
        self._thread: threading.Thread | None = None
        self._away = False

    def listen(self, visitor: Visitor) -> Listener:
        """Begin to be told of a person's changes."""
        who = name_of(visitor)
        listener = Listener(who, ListChanges.objects.of(who).number)
        with self._changed:
            self._listeners.add(listener)
            self._wake()
        return listener

    def leave(self, listener: Listener) -> None:
        """Be told no more."""
        with self._changed:
            self._listeners.discard(listener)

    def tell(self, visitor: Visitor) -> None:
        """A person's list has changed, or will have when the transaction is committed. Never waits."""
        transaction.on_commit(partial(self._tell, name_of(visitor)))

    def _tell(self, who: str) -> None:
        with self._changed:
            if len(self._told) < _MOST_WAITING:
                self._told.add(who)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():  # a forked process has none yet
            self._thread = threading.Thread(target=self._run, name="list-changes", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while True:
            told = self._wait()
            try:
                self._write(told)
                self._look()
                self._away = False
            except DatabaseError as exc:
                if not self._away:
                    logger.warning("pages are not told of changes for now: %s", type(exc).__name__)
                self._away = True
                connection.close()
            except Exception:
                logger.exception("pages could not be told of changes")
                connection.close()

    def _wait(self) -> set[str]:
        """Wait until it is time to look. Returns the people whose change was told here."""
        with self._changed:
            if not self._listeners and not self._told:
                connection.close()
                self._changed.wait_for(lambda: self._listeners or self._told)
            self._changed.wait_for(lambda: self._told, INTERVAL)
            told, self._told = self._told, set()
            return told

    def _write(self, told: Iterable[str]) -> None:
        """Each by itself: two processes that write several in one transaction could wait for each other."""
        for who in told:
            ListChanges.objects.filter(who=who).update(number=F("number") + 1)

    def _look(self) -> None:
        with self._changed:
            listeners = list(self._listeners)
        people = list({listener.who for listener in listeners})
        for start in range(0, len(people), _AT_ONCE):
            found = ListChanges.objects.filter(who__in=people[start : start + _AT_ONCE])
            numbers = dict(found.values_list("who", "number"))
            for listener in listeners:
                if (number := numbers.get(listener.who, listener.number)) != listener.number:
                    listener.number = number
                    listener.changed.set()


changes = Changes()
"""The process's only one. Its thread begins with the first page, or the first change."""
