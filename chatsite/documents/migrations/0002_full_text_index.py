"""The full-text index of the passages, as the database in use has it."""

from typing import Any

from django.db import migrations

# An FTS5 table that keeps words only, and reads the text in documents_passage. The triggers are what
# SQLite's documentation of "external content tables" asks for. A trigger goes when its table goes: see
# `Passage`.
FORGET = """
    INSERT INTO documents_passage_index (documents_passage_index, rowid, text)
    VALUES ('delete', old.id, old.text);
"""
LEARN = """
    INSERT INTO documents_passage_index (rowid, text) VALUES (new.id, new.text);
"""
SQLITE = [
    """
    CREATE VIRTUAL TABLE documents_passage_index USING fts5(
        text, content='documents_passage', content_rowid='id',
        tokenize='porter unicode61 remove_diacritics 2'
    )
    """,
    "INSERT INTO documents_passage_index (documents_passage_index) VALUES ('rebuild')",
    f"CREATE TRIGGER documents_passage_inserted AFTER INSERT ON documents_passage BEGIN {LEARN} END",
    f"CREATE TRIGGER documents_passage_deleted AFTER DELETE ON documents_passage BEGIN {FORGET} END",
    f"""
    CREATE TRIGGER documents_passage_updated AFTER UPDATE OF id, text ON documents_passage
    BEGIN {FORGET} {LEARN} END
    """,
]
SQLITE_REVERSED = [
    "DROP TRIGGER documents_passage_updated",
    "DROP TRIGGER documents_passage_deleted",
    "DROP TRIGGER documents_passage_inserted",
    "DROP TABLE documents_passage_index",
]

# The same expression as in chatsite/documents/full_text.py, or the index is not used.
POSTGRESQL = [
    """
    CREATE INDEX documents_passage_index ON documents_passage
    USING gin (to_tsvector('english'::regconfig, COALESCE(text, '')))
    """
]
POSTGRESQL_REVERSED = ["DROP INDEX documents_passage_index"]


def make(apps: Any, schema_editor: Any) -> None:
    execute(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def unmake(apps: Any, schema_editor: Any) -> None:
    execute(schema_editor, sqlite=SQLITE_REVERSED, postgresql=POSTGRESQL_REVERSED)


def execute(schema_editor: Any, **statements: list[str]) -> None:
    for statement in statements.get(schema_editor.connection.vendor, ()):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunPython(make, unmake)]
