"""EMBEDDING_MODEL in the test's own process, for those tests that need no site."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from chatsite.documents import embeddings, sqlite_distance
from tests.chatsite.documents.meaning import MODEL
from tests.upstream import ScriptedUpstream


@pytest.fixture
def embedding(
    upstream: ScriptedUpstream, settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[ScriptedUpstream]:
    """The scripted provider, as the one whose embeddings are wanted. It is asked once, whatever it says."""
    monkeypatch.setattr(embeddings, "RETRIES", 0)
    settings.EMBEDDING_MODEL = MODEL
    settings.OPENAI_BASE_URL = upstream.url
    settings.OPENAI_API_KEY = "test-key"
    embeddings._model.cache_clear()
    connection.ensure_connection()
    sqlite_distance.teach(None, connection)  # the connection was there before the setting
    yield upstream
    embeddings._model.cache_clear()
