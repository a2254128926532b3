"""Which errors of a database are outages: they pass, and are not the fault of what was asked of it."""

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

_FAULTS = (DataError, IntegrityError, ProgrammingError)


def is_outage(exc: BaseException | None) -> bool:
    """Whether it is worth trying the same again later.

    So are a lost connection, a lock, a full disk and a pool without a free connection (`OperationalError`,
    `InterfaceError`), and, as psycopg has it, a server that only reads for now, or has ended a session that
    stood still in a transaction (`InternalError`).
    """
    return isinstance(exc, DatabaseError | InterfaceError) and not isinstance(exc, _FAULTS)
