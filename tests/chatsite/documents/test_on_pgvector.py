"""EMBEDDING_MODEL on PostgreSQL: pgvector is put to use where it is wanted, and missed nowhere else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.chatsite.documents.meaning import MODEL, give_meaning
from tests.chatsite.documents.people import document_in, upload
from tests.server import ROOT, environment
from tests.services import pgvector
from tests.site import SiteStarter, settings_for
from tests.upstream import Reply, ScriptedUpstream

pytestmark = pytest.mark.xdist_group("pgvector")  # one server for all of them

HOUSE = "# Hall\n\nThe spare key is under the mat.\n\n# Garden\n\nThe roses are red."
COLUMN = """
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attname = 'vector' AND attrelid = 'documents_embedding'::regclass
"""
UPLOAD = f"""
import django; django.setup()
from chatsite.accounts.visitor import Visitor
from chatsite.documents import uploads
uploads.add("house.md", {HOUSE!r}.encode(), visitor=Visitor(guest="a" * 32))
"""
WANTED = {"EMBEDDING_MODEL": MODEL, "OPENAI_API_KEY": "test-key"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with pgvector.running() as address:
        yield address


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database, of the server's owner."""
    return new_database(server, str(request.node.name)[:60])


def new_database(server: str, name: str, *, owner: str = "tests") -> str:
    query(server, f"CREATE DATABASE {name} OWNER {owner}")
    return server.replace("tests@", f"{owner}@").replace("/postgres", f"/{name}")


def query(address: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def run(data_dir: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """A command of the site's; prepared is what `make run` and a deployment do first."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(data_dir, DJANGO_SETTINGS_MODULE="chatsite.settings", **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def prepare(data_dir: Path, **settings: str) -> str:
    """What it complains of."""
    return run(data_dir, "-m", "chatsite.boot", "prepare", **settings).stderr


def check(data_dir: Path, **settings: str) -> str:
    """What the start of the site complains of."""
    return run(data_dir, "-m", "chatsite.boot", "check", **settings).stderr


def column(database: str) -> object:
    """The type that vectors are kept as."""
    return query(database, COLUMN)[0][0]


def test_a_persons_own_passages_are_found_by_their_meaning(
    database: str, start_site: SiteStarter, tmp_path: Path
) -> None:
    assert prepare(tmp_path / "data", DATABASE_URL=database, **WANTED) == ""
    assert column(database) == "vector"
    site = start_site(settings={"DATABASE_URL": database, "EMBEDDING_MODEL": MODEL})
    give_meaning(site.upstream)
    owner, outsider = site.visitor(), site.visitor()
    upload(owner, "house.md", HOUSE)
    upload(outsider, "other.md", "My key to the canary's door.")
    site.upstream.enqueue(Reply("Look under the mat [1]."))

    with owner.send("I am locked out!", assistant="documents") as reading:
        found = reading.until("documents").json["documents"]
        assert reading.end["status"] == "done"

    assert [document["title"] for document in found] == ["house.md, Hall", "house.md, Garden"]
    assert "canary" not in site.upstream.requests[-1].body.decode()
    assert query(database, "SELECT count(*) FROM documents_embedding") == [(3,)]
    owner.post(document_in(owner.get("/documents/").text) + "delete/")
    assert query(database, "SELECT count(*) FROM documents_embedding") == [(1,)]


def test_it_can_be_turned_on_later_and_what_is_there_gets_its_vectors(
    database: str, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    assert prepare(tmp_path, DATABASE_URL=database) == ""
    assert column(database) == "real[]"
    assert run(tmp_path, "-c", UPLOAD, DATABASE_URL=database).stderr == ""
    settings = settings_for(upstream) | {"DATABASE_URL": database, "EMBEDDING_MODEL": MODEL}

    assert "run `python manage.py migrate`" in check(tmp_path, **settings)
    assert prepare(tmp_path, **settings) == ""
    assert column(database) == "vector"
    assert "They are found by their words only, until" in check(tmp_path, **settings)
    for again in ([], ["--again"]):
        told = run(tmp_path, "manage.py", "embed", *again, **settings)
        assert told.stdout.startswith("2 of 2 passages\n"), told.stderr

    assert check(tmp_path, **settings) == ""
    assert query(database, "SELECT dimensions, vector_dims(vector) FROM documents_embedding") == [(8, 8)] * 2


def test_a_postgresql_without_pgvector_serves_those_who_want_no_embeddings(tmp_path: Path) -> None:
    with pgvector.running(with_pgvector=False) as database:
        assert prepare(tmp_path, DATABASE_URL=database) == ""
        assert check(tmp_path, DATABASE_URL=database) == ""

        for complaint in (prepare, check):
            told = complaint(tmp_path, DATABASE_URL=database, **WANTED)
            assert "EMBEDDING_MODEL needs pgvector, which this PostgreSQL does not have." in told
            assert "Traceback" not in told


def test_who_may_not_make_the_extension_is_told_who_may(server: str, tmp_path: Path) -> None:
    query(server, "CREATE ROLE plain LOGIN")
    database = new_database(server, "of_plain", owner="plain")

    told = prepare(tmp_path, DATABASE_URL=database, **WANTED)

    assert "Run there, as a superuser: CREATE EXTENSION vector;" in told
    assert "Traceback" not in told
    query(database.replace("plain@", "tests@"), "CREATE EXTENSION vector")
    assert prepare(tmp_path, DATABASE_URL=database, **WANTED) == ""
    assert column(database) == "vector"


def test_the_migrations_go_back_and_forth(database: str, tmp_path: Path) -> None:
    for target in ("", "zero", ""):
        arguments = ["manage.py", "migrate", "documents", *([target] if target else [])]
        done = run(tmp_path, *arguments, DATABASE_URL=database, **WANTED)
        assert done.returncode == 0, done.stderr
    assert column(database) == "vector"
