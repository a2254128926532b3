"""Passages by their meaning, in SQLite: with sqlite-vec where Python can load it, and with NumPy.

`test_on_pgvector.py` has the other database.
"""

import math
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.documents import sqlite_distance, uploads
from chatsite.documents.models import Document, Embedding, Passage
from chatsite.documents.search import search
from chatsite.documents.vectors import packed, unpacked
from tests.chatsite.documents.meaning import MODEL, give_meaning, texts_embedded
from tests.server import INHERITED, ROOT
from tests.upstream import ScriptedUpstream

ALICE = Visitor(guest="a" * 32)
BOB = Visitor(guest="b" * 32)
NOTES = "# Hall\n\nThe spare key is under the mat.\n\n# Garden\n\nThe roses are red.\n\n# Kitchen\n\nTea."
LOADS_EXTENSIONS = hasattr(sqlite3.Connection, "enable_load_extension")


@pytest.fixture(params=["as Python has it", "NumPy"])
def meaningful(request: pytest.FixtureRequest, embedding: ScriptedUpstream) -> ScriptedUpstream:
    """A provider whose embeddings mean something, and either way to compare them."""
    give_meaning(embedding)
    if request.param == "NumPy":
        connection.connection.create_function(sqlite_distance.NAME, 2, sqlite_distance.cosine_distance)
    return embedding


def add(text: str, *, visitor: Visitor = ALICE, name: str = "notes.md") -> Document:
    return uploads.add(name, text.encode(), visitor=visitor)


def found(question: str, *, visitor: Visitor = ALICE, limit: int = 6) -> list[str]:
    """The last lines of what is found, best first."""
    return [
        passage.text.strip().split("\n")[-1] for passage in search(question, visitor=visitor, limit=limit)
    ]


# What is found


def test_a_passage_is_found_by_what_it_means_where_no_word_is_the_same(meaningful: ScriptedUpstream) -> None:
    add(NOTES)

    assert found("I am locked out!", limit=1) == ["The spare key is under the mat."]
    assert found("Which flowers bloom?", limit=1) == ["The roses are red."]
    assert found("What beverage", limit=1) == ["Tea."]


def test_all_are_ranked_and_what_both_ways_find_comes_first(meaningful: ScriptedUpstream) -> None:
    add("# A\n\nA kitten.\n\n# B\n\nA cat purrs.\n\n# C\n\nA cat, and a mat.\n\n# D\n\nTea.")

    assert found("cat") == ["A cat purrs.", "A cat, and a mat.", "A kitten.", "Tea."]


def test_another_persons_documents_are_never_found(meaningful: ScriptedUpstream) -> None:
    alice, bob = (Visitor(user=User.objects.create_user(name)) for name in ("alice", "bob"))
    people = [ALICE, BOB, alice, bob]
    for number, person in enumerate(people):
        add(f"The key of person {number}.", visitor=person)

    for number, person in enumerate(people):
        assert found("locked", visitor=person) == [f"The key of person {number}."]
    asked = len(meaningful.requests)
    assert found("locked", visitor=Visitor()) == []
    assert len(meaningful.requests) == asked


def test_vectors_go_with_their_document_in_one_transaction(meaningful: ScriptedUpstream) -> None:
    add(NOTES)

    with transaction.atomic():
        Document.objects.get().delete()
        assert Embedding.objects.count() == 0
        transaction.set_rollback(True)
    assert Embedding.objects.count() == 3

    Document.objects.get().delete()
    assert Embedding.objects.count() == 0
    assert found("locked") == []


# What has no vector, or none that can be compared


def test_what_was_uploaded_before_is_found_by_its_words_beside_what_has_vectors(
    meaningful: ScriptedUpstream, settings: Settings
) -> None:
    settings.EMBEDDING_MODEL = ""
    add("The old key is in the attic.")
    assert meaningful.requests == []
    settings.EMBEDDING_MODEL = MODEL

    assert found("attic") == ["The old key is in the attic."]
    assert meaningful.requests == []  # nothing to compare a question with

    add("The new key is under the mat.")
    assert set(found("Where is the attic of the locked?")) == {
        "The old key is in the attic.",
        "The new key is under the mat.",
    }
    assert found("I am locked out!") == ["The new key is under the mat."]


def test_vectors_of_another_model_are_left_alone(meaningful: ScriptedUpstream, settings: Settings) -> None:
    add("The key is under the mat.")
    settings.EMBEDDING_MODEL = "another"

    assert found("locked") == []
    assert found("key") == ["The key is under the mat."]


def test_vectors_of_other_dimensions_are_left_alone(embedding: ScriptedUpstream) -> None:
    add("The key is under the mat.")  # by the provider's own embeddings, which are longer
    give_meaning(embedding)

    assert found("locked") == []
    assert found("key") == ["The key is under the mat."]


def test_without_a_model_nobody_is_asked(upstream: ScriptedUpstream, db: None) -> None:
    add(NOTES)

    assert found("key") == ["The spare key is under the mat."]
    assert (Embedding.objects.count(), upstream.requests) == (0, [])


@pytest.mark.parametrize("question", ["", " \n", "\0", "\ud800"])
def test_a_question_without_text_is_not_embedded(meaningful: ScriptedUpstream, question: str) -> None:
    add(NOTES)
    asked = len(meaningful.requests)

    search(question, visitor=ALICE, limit=3)

    assert [request.json["input"] for request in meaningful.requests[asked:]] in ([], [["\ufffd"]])


def test_only_the_beginning_of_a_long_question_is_embedded(meaningful: ScriptedUpstream) -> None:
    add(NOTES)

    assert found("locked " * 4_000, limit=1) == ["The spare key is under the mat."]
    assert len(texts_embedded(meaningful)[-1]) == 2_000


# The distance


def test_the_function_is_sqlite_vecs_where_python_can_load_it(embedding: ScriptedUpstream) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_function_list WHERE name = 'vec_version'")
        assert (cursor.fetchone() is not None) == LOADS_EXTENSIONS


def test_no_other_extension_can_be_loaded_afterwards(embedding: ScriptedUpstream) -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match=r"not authorized|no such function"):
        cursor.execute("SELECT load_extension('vec0')")


numbers = st.floats(min_value=-1, max_value=1, width=32).filter(lambda x: x == 0 or abs(x) > 1e-3)
vectors = st.lists(numbers, min_size=3, max_size=3).filter(any)


@given(vectors, vectors)
def test_every_way_gives_the_same_distance(one: list[float], other: list[float]) -> None:
    database = sqlite3.connect(":memory:")
    sqlite_distance.learn(database)
    exact = 1 - float(np.dot(one, other)) / (math.hypot(*one) * math.hypot(*other))

    asked = database.execute("SELECT vec_distance_cosine(?, ?)", [packed(one), packed(other)])
    (in_sql,) = asked.fetchone()
    database.close()

    assert in_sql == pytest.approx(exact, abs=1e-5)
    assert sqlite_distance.cosine_distance(packed(one), packed(other)) == pytest.approx(exact, abs=1e-5)


def test_vectors_are_kept_as_sqlite_vec_reads_them_and_come_back(embedding: ScriptedUpstream) -> None:
    assert packed([1.0, -0.5]) == b"\x00\x00\x80\x3f\x00\x00\x00\xbf"
    assert unpacked(packed([1.0, -0.5])) == [1.0, -0.5]
    add("Text.")
    passage = Passage.objects.get()

    Embedding.objects.store({passage.pk: [0.5, 0.25]}, model="other")

    kept = Embedding.objects.get()
    assert (kept.model, kept.dimensions, kept.vector) == ("other", 2, [0.5, 0.25])


def test_another_python_that_loads_sqlite_vec_passes_these_tests(tmp_path: Path) -> None:
    if LOADS_EXTENSIONS:
        pytest.skip("this Python loads extensions itself: the tests above had sqlite-vec")
    python = python_that_loads_extensions()
    if python is None:
        pytest.skip("no Python of this version here can load extensions into SQLite (Debian's can)")
    packages = str(Path(np.__file__).parent.parent)
    env = {name: os.environ[name] for name in INHERITED if name in os.environ} | {"PYTHONPATH": packages}
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "-q", __file__, "-k", "not another_python"]

    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


def python_that_loads_extensions() -> str | None:
    """One of this version, so that the packages that are installed here work in it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    question = (
        "import sqlite3, sys; "
        f"sys.exit(sys.version_info[:2] != {sys.version_info[:2]} "
        "or not hasattr(sqlite3.Connection, 'enable_load_extension'))"
    )
    for name in ("/usr/bin/python3", f"/usr/bin/python{version}", shutil.which(f"python{version}")):
        if (
            name
            and Path(name).exists()
            and subprocess.run([name, "-c", question], check=False).returncode == 0
        ):
            return name
    return None
