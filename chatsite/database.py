"""Which database, from DATABASE_URL: SQLite in the data directory if it is unset."""

import os
from pathlib import Path
from typing import Any

import dj_database_url

from chatsite import env

# SQLite: writers take their lock at BEGIN and wait for it. Without that, 16 threads get thousands of
# "database is locked" within seconds. The journal mode belongs to the file: chatsite.boot sets it once.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA synchronous=NORMAL",
}


def database(*, data_dir: Path) -> dict[str, Any]:
    """The entry for DATABASES["default"]."""
    address = os.environ.get("DATABASE_URL", "").strip() or f"sqlite:///{data_dir / 'db.sqlite3'}"
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(address))
    except Exception:  # noqa: BLE001 - its errors can quote the address, which holds a password
        found = {}
    if not found.get("NAME"):
        raise env.refuse(
            "DATABASE_URL", "an address such as postgres://name:password@host:5432/database"
        ) from None
    # A stream lives for minutes: a connection kept for the next request would be held all that time.
    found["CONN_MAX_AGE"] = 0
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["OPTIONS"] = {**SQLITE_OPTIONS, **found.get("OPTIONS", {})}
    return found
