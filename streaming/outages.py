"""Which errors of a database are outages: they pass, and are not the fault of what was asked of it."""

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

_FAULTS = (DataError, IntegrityError, ProgrammingError)
_SQLITE_FULL = 13
_POSTGRESQL_FULL = "53100"


def is_outage(exc: BaseException | None) -> bool:
    """Whether it is worth trying the same again later.

    So are a lost connection, a lock, a full disk and a pool without a free connection (`OperationalError`,
    `InterfaceError`), and, as psycopg has it, a server that only reads for now, or has ended a session that
    stood still in a transaction (`InternalError`).
    """
    return isinstance(exc, DatabaseError | InterfaceError) and not isinstance(exc, _FAULTS)


def is_full(exc: BaseException) -> bool:
    """Whether there was no room on the disk. What was refused is not at fault, although something smaller may
    still be taken."""
    cause = exc.__cause__
    return (
        getattr(cause, "sqlite_errorcode", None) == _SQLITE_FULL
        or getattr(cause, "sqlstate", None) == _POSTGRESQL_FULL
    )
