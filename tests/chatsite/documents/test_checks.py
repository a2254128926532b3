"""What EMBEDDING_MODEL needs is looked at before the site starts."""

from django.db import connection
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.documents import checks, uploads
from tests.chatsite.documents.meaning import MODEL
from tests.upstream import ScriptedUpstream


def test_embeddings_need_a_server_to_come_from(settings: Settings) -> None:
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    assert list(checks.embeddings_have_a_server()) == []

    settings.EMBEDDING_MODEL = "embed"
    (error,) = checks.embeddings_have_a_server()
    assert "EMBEDDING_MODEL is 'embed', and there is no server" in error.msg

    settings.OPENAI_API_KEY = "key"
    assert list(checks.embeddings_have_a_server()) == []


def test_documents_without_vectors_are_worth_a_warning(
    embedding: ScriptedUpstream, settings: Settings
) -> None:
    visitor = Visitor(guest="a" * 32)
    uploads.add("with.txt", b"Text.", visitor=visitor)
    assert warnings() == []

    settings.EMBEDDING_MODEL = ""
    uploads.add("without.txt", b"Other text.", visitor=visitor)
    assert warnings() == []

    settings.EMBEDDING_MODEL = MODEL
    assert warnings() == ["chatsite.documents.W001"]


def test_tables_that_are_not_there_yet_are_no_fault(embedding: ScriptedUpstream) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE documents_embedding RENAME TO gone")

    assert warnings() == []


def warnings() -> list[str | None]:
    assert list(checks.passages_have_vectors()) == []  # not without being asked for the database
    return [message.id for message in checks.passages_have_vectors(databases=["default"])]
