"""manage.py embed: what was uploaded without vectors gets them."""

import io
from collections.abc import Sequence

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.documents import embeddings, uploads
from chatsite.documents.models import Embedding, Passage
from chatsite.documents.search import search
from tests.chatsite.documents.meaning import MODEL, PATH, give_meaning, texts_embedded
from tests.upstream import Failure, ScriptedUpstream

ALICE = Visitor(guest="a" * 32)
TEN = "\n\n".join(f"# {number}\n\nTea number {number}." for number in range(10))


@pytest.fixture
def uploaded_before(embedding: ScriptedUpstream, settings: Settings) -> ScriptedUpstream:
    """Ten passages from before the setting, and requests of four."""
    settings.EMBEDDING_MODEL = ""
    uploads.add("tea.md", TEN.encode(), visitor=ALICE)
    settings.EMBEDDING_MODEL = MODEL
    settings.EMBEDDING_BATCH = 4
    return embedding


def embed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("embed", *arguments, stdout=out)
    return out.getvalue()


def test_passages_get_vectors_and_are_found_by_their_meaning(uploaded_before: ScriptedUpstream) -> None:
    give_meaning(uploaded_before)

    assert embed().splitlines() == [
        "4 of 10 passages",
        "8 of 10 passages",
        "10 of 10 passages",
        f"Every passage has a vector of {MODEL}.",
    ]

    assert texts_embedded(uploaded_before) == list(Passage.objects.values_list("text", flat=True))
    assert len(search("thirsty", visitor=ALICE, limit=10)) == 10


def test_those_that_have_one_are_left_alone_unless_they_are_wanted_again(
    uploaded_before: ScriptedUpstream,
) -> None:
    embed()
    asked = len(uploaded_before.requests)

    assert embed() == f"Every passage has a vector of {MODEL}.\n"
    assert len(uploaded_before.requests) == asked

    give_meaning(uploaded_before)
    embed("--again")
    assert set(Embedding.objects.values_list("dimensions", flat=True)) == {4}


def test_vectors_of_another_model_are_made_anew(
    uploaded_before: ScriptedUpstream, settings: Settings
) -> None:
    embed()
    settings.EMBEDDING_MODEL = "another"

    embed()

    assert set(Embedding.objects.values_list("model", flat=True)) == {"another"}
    assert Embedding.objects.count() == 10


def test_after_a_failure_it_goes_on_where_it_was(uploaded_before: ScriptedUpstream) -> None:
    uploaded_before.on(lambda request: Failure(429) if request.number == 2 else None, path=PATH)

    with pytest.raises(CommandError, match=r"too many requests.* 4 of 10 passages are done"):
        embed()
    assert Embedding.objects.count() == 4

    assert embed().splitlines()[0] == "4 of 6 passages"
    assert Embedding.objects.count() == 10


def test_a_passage_that_is_deleted_meanwhile_stays_deleted(
    uploaded_before: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = embeddings.of_passages

    def make_while_the_first_is_deleted(texts: Sequence[str]) -> list[embeddings.Vector]:
        Passage.objects.filter(number=1).delete()
        return make(texts)

    monkeypatch.setattr(embeddings, "of_passages", make_while_the_first_is_deleted)

    assert "9 of 10 passages" in embed()
    assert Embedding.objects.count() == 9


def test_without_a_model_there_is_nothing_to_do(db: None) -> None:
    with pytest.raises(CommandError, match="EMBEDDING_MODEL is not set"):
        embed()
