"""What the database has of a prompt, read past Django: the truth that everything else is held against."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import psycopg

from streaming import event_json
from streaming.response import sse
from tests.sse import EventParser, ServerEvent

GOING_ON = {"queued", "running"}


class Store(Protocol):
    """A database of the site's. Parameters are marked with `%s`."""

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]: ...


class SQLite:
    """The file in a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._address = f"file:{data_dir / 'db.sqlite3'}?mode=ro"

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        given = [value.hex if isinstance(value, UUID) else value for value in parameters]
        with closing(sqlite3.connect(self._address, uri=True, timeout=60)) as connection:
            return connection.execute(sql.replace("%s", "?"), given).fetchall()


class PostgreSQL:
    """A server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(sql, parameters).fetchall()


@dataclass(frozen=True, kw_only=True)
class StoredReply:
    """A reply and its run. `events` are those of the log, as a reader is sent them; `ended` is when the run
    did (monotonic)."""

    message: UUID
    run: UUID
    status: str
    content: str
    finish_reason: str
    run_status: str
    attempt: int
    last_event: int | None
    ended: float | None
    stop_requested: bool
    stopped_after_ms: int | None
    events: tuple[ServerEvent, ...]

    @property
    def is_over(self) -> bool:
        return self.status not in GOING_ON and self.run_status not in GOING_ON

    @property
    def text(self) -> str:
        """The tokens in the log, joined."""
        return "".join(event.json["text"] for event in self.events if event.name == "token")


@dataclass(frozen=True)
class Stored:
    """Everything that there is of a prompt: how often it was taken, and its replies."""

    messages: int
    replies: tuple[StoredReply, ...]

    @property
    def is_over(self) -> bool:
        return all(reply.is_over for reply in self.replies)


_REPLIES = """
SELECT reply.id, reply.run_id, reply.status, reply.content, reply.finish_reason,
       run.status, run.attempt, run.last_event, run.ended,
       run.stop_requested IS NOT NULL, run.stopped_after_ms
FROM chat_message AS asked
JOIN chat_message AS reply ON reply.parent_id = asked.id
JOIN streaming_run AS run ON run.id = reply.run_id
WHERE asked.role = 'user' AND asked.content = %s
ORDER BY reply.created
"""
_PARTS = "SELECT first, events FROM streaming_logpart WHERE run_id = %s ORDER BY first"


def stored(store: Store, text: str) -> Stored:
    """What there is of the prompt with that text. Prompts are told apart by it."""
    ((messages,),) = store.rows(
        "SELECT count(*) FROM chat_message WHERE role = 'user' AND content = %s", text
    )
    found = store.rows(_REPLIES, text) if messages else []
    return Stored(messages, tuple(_reply(store, *row) for row in found))


def _reply(store: Store, message: Any, run: Any, *values: Any) -> StoredReply:
    status, content, finish_reason, run_status, attempt, last_event, ended, stop_requested, after = values
    run_id = UUID(str(run))
    return StoredReply(
        message=UUID(str(message)),
        run=run_id,
        status=status,
        content=content,
        finish_reason=finish_reason,
        run_status=run_status,
        attempt=attempt,
        last_event=last_event,
        ended=_monotonic(ended),
        stop_requested=bool(stop_requested),
        stopped_after_ms=after,
        events=tuple(log(store, run_id)),
    )


def _monotonic(found: Any) -> float | None:
    """A time in the database, which SQLite has as text, by the clock that the tests measure with."""
    if found is None:
        return None
    at = datetime.fromisoformat(found).replace(tzinfo=UTC) if isinstance(found, str) else found
    ago: float = (datetime.now(UTC) - at).total_seconds()
    return time.monotonic() - ago


def log(store: Store, run: UUID) -> list[ServerEvent]:
    """A run's log, in the order and with the numbers that it is stored with, whatever they are."""
    parser = EventParser()
    frames = [
        sse.encode(event)
        for first, events in store.rows(_PARTS, run)
        for event in event_json.loads(events, first=first)
    ]
    return [event for frame in frames for event in parser.feed(frame)]
