"""What the embedding model is asked, and what becomes of an upload when it does not answer as it should."""

import json
import math
import threading

import pytest
from django.db import connection
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.documents import embeddings, uploads
from chatsite.documents.models import Document, Embedding, Passage
from tests.chatsite.documents.meaning import MODEL, PATH, give_meaning, texts_embedded
from tests.upstream import Failure, ScriptedUpstream, refusing_url, silent_port_url

ALICE = Visitor(guest="a" * 32)
TEN = "\n\n".join(f"# {number}\n\nTea number {number}." for number in range(10))


def add(text: str, *, name: str = "notes.md") -> Document:
    return uploads.add(name, text.encode(), visitor=ALICE)


def refused(text: str = TEN) -> str:
    """What a person is told who uploads it. Nothing may be left of it."""
    with pytest.raises(embeddings.EmbeddingFailed) as failure:
        add(text)
    assert (Document.objects.count(), Passage.objects.count(), Embedding.objects.count()) == (0, 0, 0)
    return str(failure.value)


def answer(body: object) -> Failure:
    return Failure(200, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


# What is asked


def test_passages_are_embedded_as_texts_some_at_a_time(
    embedding: ScriptedUpstream, settings: Settings
) -> None:
    settings.EMBEDDING_BATCH = 4

    add(TEN)

    asked = [request.json for request in embedding.requests]
    assert [len(request["input"]) for request in asked] == [4, 4, 2]
    assert texts_embedded(embedding) == list(Passage.objects.values_list("text", flat=True))
    assert {request["model"] for request in asked} == {MODEL}
    assert embedding.requests[0].headers["authorization"] == "Bearer test-key"
    assert Embedding.objects.filter(model=MODEL, dimensions=8).count() == 10


def test_no_transaction_is_open_while_the_provider_is_asked(
    embedding: ScriptedUpstream, transactional_db: None
) -> None:
    gate = embedding.gate()
    embedding.on(lambda _: Failure(500, headers_after=gate), path=PATH)
    told: list[str] = []
    uploading = threading.Thread(target=lambda: told.append(refused()))
    uploading.start()
    gate.wait_until_reached()

    with connection.cursor() as cursor:  # another writer, at once
        cursor.execute("CREATE TABLE written (x)")
        cursor.execute("DROP TABLE written")
    gate.open()
    uploading.join(60)

    assert told == ["The embedding model's server failed. Try again."]


# Failures


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "did not accept this site's key"),
        (403, "did not accept this site's key"),
        (404, "does not have this model"),
        (429, "too many requests. Try again shortly"),
        (400, "rejected the request"),
        (413, "does not take so much text at once"),
        (500, "failed. Try again"),
    ],
)
def test_a_refusal_is_told_and_nothing_is_kept(
    embedding: ScriptedUpstream, caplog: pytest.LogCaptureFixture, status: int, told: str
) -> None:
    embedding.on(lambda _: Failure(status, "canary-key canary-text"), path=PATH)

    assert told in refused("canary-text " * 50)
    assert "embedding failed: " in caplog.text
    assert "canary" not in caplog.text


def test_a_refusal_in_the_middle_leaves_nothing_behind(
    embedding: ScriptedUpstream, settings: Settings
) -> None:
    settings.EMBEDDING_BATCH = 4
    embedding.on(lambda request: Failure(401) if request.number == 3 else None, path=PATH)

    assert "key" in refused()


def test_what_passes_by_itself_is_tried_once_more(
    embedding: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "RETRIES", 1)
    embedding.on(lambda request: Failure(429) if request.number == 1 else None, path=PATH)

    add(TEN)

    assert len(embedding.requests) == 2


def test_a_server_that_is_not_there_is_told(settings: Settings, embedding: ScriptedUpstream) -> None:
    with refusing_url() as url:
        settings.OPENAI_BASE_URL = url
        assert refused() == "The embedding model's server cannot be reached. Try again in a while."
    embeddings._model.cache_clear()
    with silent_port_url() as url:
        settings.OPENAI_BASE_URL = url
        settings.STREAMING = {"CONNECT_TIMEOUT": 0.1}
        assert "took too long" in refused()


def test_a_server_that_is_silent_is_left_in_time(embedding: ScriptedUpstream) -> None:
    embedding.on(lambda _: Failure(500, headers_after=embedding.gate()), path=PATH)

    with pytest.raises(embeddings.EmbeddingFailed, match="took too long"):
        embeddings.of_passages(["text"], seconds=0.1)


def test_all_batches_together_have_only_so_long(embedding: ScriptedUpstream, settings: Settings) -> None:
    settings.EMBEDDING_BATCH = 1

    with pytest.raises(embeddings.EmbeddingFailed, match="took too long"):
        embeddings.of_passages(["one", "two"], seconds=0)
    assert embedding.requests == []


@pytest.mark.parametrize(
    "vector",
    [[], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], [1.0] * 8_193],
    ids=["empty", "zero", "nan", "inf", "too long"],
)
def test_what_is_no_vector_is_told(embedding: ScriptedUpstream, vector: list[float]) -> None:
    give_meaning(embedding, lambda _: vector)

    assert refused() == "The embedding model's server gave an answer that cannot be used."


def test_vectors_of_different_dimensions_are_told(embedding: ScriptedUpstream, settings: Settings) -> None:
    give_meaning(embedding, lambda text: [1.0] * (3 if "7" in text else 2))
    assert refused() == embeddings.UNUSABLE.message
    settings.EMBEDDING_BATCH = 1
    assert refused() == embeddings.UNUSABLE.message


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"data": []},
        {"data": [{"embedding": [0.5], "index": 0}]},
        {"data": [{"embedding": ["x"]}] * 10},
    ],
    ids=["list", "empty", "none", "too few", "words"],
)
def test_an_answer_of_another_form_is_told(embedding: ScriptedUpstream, body: object) -> None:
    embedding.on(lambda _: answer(body), path=PATH)

    assert refused() == "The embedding model's server gave an answer that cannot be used."


@pytest.mark.parametrize("length", [1e-30, 1e30])
def test_a_vector_too_long_or_too_short_for_single_precision_is_kept_by_its_direction(
    embedding: ScriptedUpstream, length: float
) -> None:
    give_meaning(embedding, lambda _: [3 * length, 4 * length])

    add("Text.")

    assert Embedding.objects.get().vector == pytest.approx([0.6, 0.8])
