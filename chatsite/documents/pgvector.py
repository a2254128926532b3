"""pgvector, PostgreSQL's type for vectors and their distances: put to use by `migrate`, where it is wanted.

The migrations need none of it, so that a PostgreSQL without pgvector does for those who want no embeddings.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from chatsite.config.terminal import say, to_say

INSTALL = to_say(
    "EMBEDDING_MODEL needs pgvector, which this PostgreSQL does not have. Install it there (on Debian and "
    "Ubuntu the package postgresql-<version>-pgvector), or unset EMBEDDING_MODEL."
)
CREATE = to_say(
    "EMBEDDING_MODEL needs pgvector, which this PostgreSQL has, but its extension could not be made in the "
    "database. Run there, as a superuser: CREATE EXTENSION vector; and then migrate again."
)
MIGRATE = to_say("EMBEDDING_MODEL needs pgvector, which is not in use yet: run `python manage.py migrate`.")


def put_to_use(sender: Any, using: str, **_: Any) -> None:
    """Receives `post_migrate`: makes the extension, and a `vector` of the column. Safe to repeat."""
    database = connections[using]
    if not is_wanted(database) or _column_type(database) in ("", "vector"):
        return
    if not is_installed(database):
        raise CommandError(say(INSTALL))
    with transaction.atomic(using=using), database.cursor() as cursor:
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except DatabaseError as exc:
            raise CommandError(say(CREATE)) from exc
        cursor.execute("ALTER TABLE documents_embedding ALTER COLUMN vector TYPE vector USING vector::vector")


def is_wanted(database: BaseDatabaseWrapper) -> bool:
    return bool(settings.EMBEDDING_MODEL) and database.vendor == "postgresql"


def is_installed(database: BaseDatabaseWrapper) -> bool:
    """On the server: the database need not have it yet."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
        return cursor.fetchone() is not None


def what_is_missing() -> str:
    """What to do before the site can serve; "" if nothing."""
    return say(MIGRATE) if is_wanted(connection) and _column_type(connection) != "vector" else ""


def _column_type(database: BaseDatabaseWrapper) -> str:
    """Of the vectors; "" where their table is not there, as after a migration backwards."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT typname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid "
            "WHERE attrelid = to_regclass('documents_embedding') AND attname = 'vector' AND NOT attisdropped"
        )
        row = cursor.fetchone()
    return row[0] if row else ""
