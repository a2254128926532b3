"""How vectors are kept and compared: in the database in use, beside the passages that they stand for.

PostgreSQL compares them with pgvector (`pgvector.py`), SQLite with sqlite-vec (`sqlite_distance.py`). The
queries are the same.
"""

import json
import sys
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, FloatField, Func, Value
from django.db.models.sql.compiler import SQLCompiler

from chatsite.documents import sqlite_distance

MOST_DIMENSIONS = 8_192
"""That both take: sqlite-vec's limit is this one, pgvector's is 16,000."""


if TYPE_CHECKING:
    Field = models.Field[Sequence[float], list[float]]
else:
    Field = models.Field  # which only the stubs make generic


class VectorField(Field):
    """Numbers of single precision.

    In SQLite they are bytes, as sqlite-vec reads them. In PostgreSQL they are an array, so that the table
    can be made where pgvector is not installed; `pgvector.py` makes a `vector` of it.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "real[]" if connection.vendor == "postgresql" else "BLOB"

    def get_db_prep_value(  # its signature is Django's
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        if value is None:
            return None
        return list(value) if connection.vendor == "postgresql" else packed(value)

    def from_db_value(self, value: Any, *_: object) -> list[float] | None:
        if isinstance(value, bytes):
            return unpacked(value)
        return self.to_python(value)

    def to_python(self, value: Any) -> list[float] | None:
        """Also of text: so pgvector gives it out, and fixtures hold it."""
        numbers: list[float] | None = json.loads(value) if isinstance(value, str) else value
        return numbers

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj))


class CosineDistance(Func):
    """How far a column's vectors are from the one that is given: 0 in its direction, 2 against it."""

    def __init__(self, column: str, vector: Sequence[float]) -> None:
        super().__init__(F(column), Value(vector, output_field=VectorField()), output_field=FloatField())

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        return self.as_sql(compiler, connection, function=sqlite_distance.NAME)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        # A column that is still an array is cast too: slower, and right.
        return self.as_sql(
            compiler, connection, template="((%(expressions)s)::vector)", arg_joiner=")::vector <=> ("
        )


def packed(vector: Sequence[float]) -> bytes:
    """Four bytes a number, the lowest first, on every machine."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(stored: bytes) -> list[float]:
    numbers = array("f", stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()
