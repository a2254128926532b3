"""The full-text index, with the parts of words that are written without blanks between them.

In SQLite it also takes marks for parts of words: those of Indian languages, and of Thai, are vowels.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

OLD = import_module("chatsite.documents.migrations.0002_full_text_index")

# As in migration 0002.
FORGET = """
    INSERT INTO documents_passage_index (documents_passage_index, rowid, text, unspaced)
    VALUES ('delete', old.id, old.text, old.unspaced);
"""
LEARN = """
    INSERT INTO documents_passage_index (rowid, text, unspaced) VALUES (new.id, new.text, new.unspaced);
"""
SQLITE = [
    """
    CREATE VIRTUAL TABLE documents_passage_index USING fts5(
        text, unspaced, content='documents_passage', content_rowid='id',
        tokenize='porter unicode61 remove_diacritics 2 categories ''L* M* N* Co'''
    )
    """,
    "INSERT INTO documents_passage_index (documents_passage_index) VALUES ('rebuild')",
    f"CREATE TRIGGER documents_passage_inserted AFTER INSERT ON documents_passage BEGIN {LEARN} END",
    f"CREATE TRIGGER documents_passage_deleted AFTER DELETE ON documents_passage BEGIN {FORGET} END",
    f"""
    CREATE TRIGGER documents_passage_updated AFTER UPDATE OF id, text, unspaced ON documents_passage
    BEGIN {FORGET} {LEARN} END
    """,
]

# The same expression as in chatsite/documents/full_text.py, or the index is not used.
POSTGRESQL = [
    """
    CREATE INDEX documents_passage_index ON documents_passage USING gin (
        to_tsvector('english'::regconfig, COALESCE(text, '') || ' ' || COALESCE(unspaced, ''))
    )
    """
]


def make(apps: Any, schema_editor: Any) -> None:
    OLD.unmake(apps, schema_editor)
    OLD.execute(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def unmake(apps: Any, schema_editor: Any) -> None:
    OLD.unmake(apps, schema_editor)
    OLD.make(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("documents", "0007_parts_of_words")]
    operations = [migrations.RunPython(make, unmake)]
