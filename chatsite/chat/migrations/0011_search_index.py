"""Triggers that keep what is searched true, and the index of it."""

from typing import Any

from django.db import migrations

LONGEST = 100_000
"""Characters of a message that can be found: to index more would hold other writers up."""

SQLITE = [
    f"""
    CREATE TRIGGER chat_search_message_inserted AFTER INSERT ON chat_message WHEN new.content <> ''
    BEGIN
        INSERT INTO chat_searchtext (conversation_id, message_id, text)
        VALUES (new.conversation_id, new.id, substr(new.content, 1, {LONGEST}));
    END
    """,
    f"""
    CREATE TRIGGER chat_search_message_updated AFTER UPDATE OF content ON chat_message
    WHEN new.content <> old.content
    BEGIN
        INSERT INTO chat_searchtext (conversation_id, message_id, text)
        VALUES (new.conversation_id, new.id, substr(new.content, 1, {LONGEST}))
        ON CONFLICT (message_id) DO UPDATE SET text = excluded.text;
    END
    """,
    """
    CREATE TRIGGER chat_search_title_inserted AFTER INSERT ON chat_conversation
    BEGIN
        INSERT INTO chat_searchtext (conversation_id, text) VALUES (new.id, new.title);
    END
    """,
    """
    CREATE TRIGGER chat_search_title_updated AFTER UPDATE OF title ON chat_conversation
    WHEN new.title <> old.title
    BEGIN
        UPDATE chat_searchtext SET text = new.title WHERE conversation_id = new.id AND message_id IS NULL;
    END
    """,
    """
    CREATE VIRTUAL TABLE chat_searchtext_index USING fts5(
        text, content='chat_searchtext', content_rowid='id', tokenize='trigram'
    )
    """,
    """
    CREATE TRIGGER chat_searchtext_inserted AFTER INSERT ON chat_searchtext
    BEGIN
        INSERT INTO chat_searchtext_index (rowid, text) VALUES (new.id, new.text);
    END
    """,
    """
    CREATE TRIGGER chat_searchtext_deleted AFTER DELETE ON chat_searchtext
    BEGIN
        INSERT INTO chat_searchtext_index (chat_searchtext_index, rowid, text)
        VALUES ('delete', old.id, old.text);
    END
    """,
    """
    CREATE TRIGGER chat_searchtext_updated AFTER UPDATE OF text ON chat_searchtext
    BEGIN
        INSERT INTO chat_searchtext_index (chat_searchtext_index, rowid, text)
        VALUES ('delete', old.id, old.text);
        INSERT INTO chat_searchtext_index (rowid, text) VALUES (new.id, new.text);
    END
    """,
]
SQLITE_REVERSED = [
    "DROP TRIGGER chat_search_message_inserted",
    "DROP TRIGGER chat_search_message_updated",
    "DROP TRIGGER chat_search_title_inserted",
    "DROP TRIGGER chat_search_title_updated",
    "DROP TRIGGER chat_searchtext_inserted",
    "DROP TRIGGER chat_searchtext_deleted",
    "DROP TRIGGER chat_searchtext_updated",
    "DROP TABLE chat_searchtext_index",
]

# pg_trgm leaves out all that is no letter, and needs a right that not every site has.
POSTGRESQL = [
    """
    CREATE FUNCTION chat_grams(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(DISTINCT gram), '{}') FROM (
            SELECT unnest(ARRAY[one, one || two, one || two || three]) AS gram FROM (
                SELECT one, lead(one) OVER place AS two, lead(one, 2) OVER place AS three
                FROM unnest(string_to_array(lower($1), NULL)) WITH ORDINALITY AS letters (one, number)
                WINDOW place AS (ORDER BY number)
            ) AS neighbours
        ) AS grams WHERE gram IS NOT NULL
    $$
    """,
    "CREATE INDEX chat_searchtext_index ON chat_searchtext USING gin (chat_grams(text))",
    f"""
    CREATE FUNCTION chat_search_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chat_searchtext (conversation_id, message_id, text)
        VALUES (NEW.conversation_id, NEW.id, left(NEW.content, {LONGEST}))
        ON CONFLICT (message_id) DO UPDATE SET text = excluded.text;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER chat_search_message_inserted AFTER INSERT ON chat_message
    FOR EACH ROW WHEN (NEW.content <> '') EXECUTE FUNCTION chat_search_message()
    """,
    """
    CREATE TRIGGER chat_search_message_updated AFTER UPDATE OF content ON chat_message
    FOR EACH ROW WHEN (NEW.content <> OLD.content) EXECUTE FUNCTION chat_search_message()
    """,
    """
    CREATE FUNCTION chat_search_title() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chat_searchtext (conversation_id, text) VALUES (NEW.id, NEW.title)
        ON CONFLICT (conversation_id) WHERE message_id IS NULL DO UPDATE SET text = excluded.text;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER chat_search_title_changed AFTER INSERT OR UPDATE OF title ON chat_conversation
    FOR EACH ROW EXECUTE FUNCTION chat_search_title()
    """,
]
POSTGRESQL_REVERSED = [
    "DROP TRIGGER chat_search_title_changed ON chat_conversation",
    "DROP FUNCTION chat_search_title",
    "DROP TRIGGER chat_search_message_updated ON chat_message",
    "DROP TRIGGER chat_search_message_inserted ON chat_message",
    "DROP FUNCTION chat_search_message",
    "DROP INDEX chat_searchtext_index",
    "DROP FUNCTION chat_grams",
]


def make(apps: Any, schema_editor: Any) -> None:
    _execute(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def unmake(apps: Any, schema_editor: Any) -> None:
    _execute(schema_editor, sqlite=SQLITE_REVERSED, postgresql=POSTGRESQL_REVERSED)


def _execute(schema_editor: Any, **statements: list[str]) -> None:
    for statement in statements.get(schema_editor.connection.vendor, ()):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("chat", "0010_searchtext")]
    operations = [migrations.RunPython(make, unmake)]
