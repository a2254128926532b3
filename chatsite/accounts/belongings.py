"""All that belongs to one account: what its deletion deletes."""

from itertools import chain
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.contrib.auth.models import User
from django.core import serializers
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

LEFT_OUT = ("password", "session_key", "unspaced")
"""The hash of a password, what a session is known by, and pieces of words that are made for the search."""
DERIVED = ("chat.renderedreply", "chat.searchtext", "documents.embedding", "mfa.authenticator")
"""Made of what is exported, or the keys of a second factor: of use to this site only."""


def belongings_of(user: User) -> list[Model]:
    """The account, and every row that is deleted with it."""
    collector = NestedObjects(using=DEFAULT_DB_ALIAS)
    collector.collect([user])
    found = chain.from_iterable(collector.data.values())
    return [row for row in found if row._meta.label_lower not in DERIVED]


def export(user: User) -> list[dict[str, Any]]:
    """The same as JSON has it, with the model's name and the fields of each row."""
    rows: list[dict[str, Any]] = serializers.serialize("python", belongings_of(user))
    for row in rows:
        for name in LEFT_OUT:
            row["fields"].pop(name, None)
    return rows
