"""The distance of two vectors in SQLite, as a function of SQL: sqlite-vec's, or the same one from NumPy.

Many Pythons cannot load extensions into SQLite: macOS's, and those that pyenv builds. A second SQLite beside
Python's own could, but two of them must not have the same file open in one process: closing it in the one
drops the other's locks, and that corrupts the database. So there NumPy computes what sqlite-vec would.
"""

import math
import sqlite3
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

NAME = "vec_distance_cosine"


def teach(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receives `connection_created`: each connection knows its own functions."""
    if connection.vendor == "sqlite" and settings.EMBEDDING_MODEL:
        learn(connection.connection)


def learn(database: sqlite3.Connection) -> None:
    if not _load_extension(database):
        database.create_function(NAME, 2, cosine_distance, deterministic=True)


def _load_extension(database: sqlite3.Connection) -> bool:
    """Whether this Python, and the SQLite that it was built with, can."""
    if not hasattr(database, "enable_load_extension"):
        return False
    import sqlite_vec

    allow = database.enable_load_extension
    try:
        allow(True)  # noqa: FBT003 - its signature is Python's
        sqlite_vec.load(database)
    except sqlite3.Error:
        return False
    finally:
        allow(False)  # noqa: FBT003
    return True


def cosine_distance(one: bytes, other: bytes) -> float:
    """From 0 (the same direction) to 2 (against it); of vectors as `VectorField` keeps them."""
    import numpy as np

    a, b = np.frombuffer(one, "<f4"), np.frombuffer(other, "<f4")
    return 1 - float(a.dot(b)) / math.sqrt(float(a.dot(a)) * float(b.dot(b)))
