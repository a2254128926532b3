"""Django finds a backend's `DatabaseWrapper` in a module of this name.

When PostgreSQL restarts, every connection in the pool is dead. The pool can check one as it hands it out,
but waits longer and longer after each that it finds dead: a visitor would wait for seconds, and be refused.
Connections die together, so the first dead one is reason to look at all of them.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for how a connection leaves the pool."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if (pool := self.pool) is None:
            return connection
        for _ in range(pool.max_size):
            if _lives(connection):
                break
            pool.putconn(connection)  # which replaces it
            pool.check()
            connection = super().get_new_connection(conn_params)
        return connection


def _lives(connection: "Connection[Any]") -> bool:
    try:
        connection.execute("")
    except OperationalError:
        return False
    return True
