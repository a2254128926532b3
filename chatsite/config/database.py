"""Which database, from DATABASE_URL: SQLite in the data directory if it is unset."""

from pathlib import Path
from typing import Any

import dj_database_url

from chatsite.config import env
from chatsite.config.terminal import say as _

# SQLite: writers take their lock at BEGIN. Without that, a transaction that has read is refused at once if
# another one has written meanwhile. chatsite/config/sqlite/ has the queue of those who wait for the lock. The
# journal mode belongs to the file: chatsite.boot sets it once.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 8,  # seconds that a writer waits; less than the lease of a process
    "init_command": "PRAGMA synchronous=NORMAL",
}
# PostgreSQL, over a network that may fail: seconds until a connection is given up. The kernel notices a peer
# that is silent while it should answer (tcp_user_timeout, milliseconds), or while nothing is asked of it.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    # Milliseconds. A machine that freezes, or loses its network, inside a transaction holds locks that the
    # others need in order to find it dead. The transactions here take a few milliseconds.
    "options": "-c lock_timeout=1000 -c idle_in_transaction_session_timeout=5000",
}
# Seconds that a request waits for a connection before it is answered 503. The pool tries to connect for as
# long, and then when it is next asked: left to itself it would pause for minutes, and miss a database that is
# back.
WAIT = 5.0


def database(*, data_dir: Path) -> dict[str, Any]:
    """The entry for DATABASES["default"]."""
    address = env.given("DATABASE_URL") or f"sqlite:///{data_dir / 'db.sqlite3'}"
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(address))
    except Exception:  # noqa: BLE001 - its errors can quote the address, which holds a password
        found = {}
    if not found.get("NAME"):
        raise env.refuse(
            "DATABASE_URL", _("an address such as postgres://name:password@host:5432/database")
        ) from None
    # A stream lives for minutes: a connection kept for the next request would be held all that time.
    found["CONN_MAX_AGE"] = 0
    pool = _pool()
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["ENGINE"] = "chatsite.config.sqlite"
        found["OPTIONS"] = {**SQLITE_OPTIONS, **found.get("OPTIONS", {})}
    if found["ENGINE"] == "django.db.backends.postgresql":
        found["ENGINE"] = "chatsite.config.postgresql"
        found["OPTIONS"] = {**POSTGRESQL_OPTIONS, **found.get("OPTIONS", {}), "pool": pool}
    return found


def _pool() -> dict[str, Any]:
    """The pool of connections of each process. While replies are written, three of them are always in use: to
    write the log, to look after the runs, and to follow other processes' runs."""
    size = env.integer("DATABASE_POOL_SIZE", 5, minimum=4, maximum=1_000)
    return {"min_size": 0, "max_size": size, "timeout": WAIT, "reconnect_timeout": WAIT}
