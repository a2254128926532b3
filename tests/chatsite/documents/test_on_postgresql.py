"""The search of PostgreSQL in place of SQLite's: the whole site over a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chatsite.documents.people import upload
from tests.chatsite.documents.test_search import UNSPACED
from tests.server import run_python
from tests.services import postgresql
from tests.site import SiteStarter
from tests.upstream import Reply

pytestmark = pytest.mark.xdist_group("documents-on-postgresql")  # one server for all of them

EXPLAIN = """
import django; django.setup()
from django.db import connection
from chatsite.documents.models import Passage
from chatsite.documents.full_text import _postgresql
connection.cursor().execute("SET enable_seqscan = off")  # a table this small is read faster without
print(_postgresql(Passage.objects.all(), ["cat", "dog"]).explain())
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql.running() as address:
        yield address


def test_a_persons_own_passages_are_found_best_first_by_the_index(
    database: str, start_site: SiteStarter, tmp_path: Path
) -> None:
    run_python(tmp_path / "data", "-m", "chatsite.boot", "prepare", DATABASE_URL=database)
    site = start_site(settings={"DATABASE_URL": database})
    owner, outsider = site.visitor(), site.visitor()
    upload(
        owner,
        "tea.md",
        "# Coffee\n\nCoffee, and a tea.\n\n# Tea\n\nTeas: green tea, black tea.\n\n# Water\n\nWet.",
    )
    upload(outsider, "own.md", "# Tea\n\nThe outsider's tea.")

    site.upstream.enqueue(Reply("Green."))
    with owner.send("Which teas are there? ' & | ! ( :* \\ %s", assistant="documents") as reading:
        found = reading.until("documents").json["documents"]
        assert reading.end["status"] == "done"
    assert [document["title"] for document in found] == ["tea.md, Tea", "tea.md, Coffee"]
    for text, question in UNSPACED:
        upload(owner, "unspaced.txt", text)
        site.upstream.enqueue(Reply("Found."))
        with owner.send(question, assistant="documents") as reading:
            found = reading.until("documents").json["documents"]
            assert text in [document["text"] for document in found], question
            assert reading.end["status"] == "done"
    site.upstream.enqueue(Reply("None."), Reply("None."))
    for question in ("?!", "zebra"):
        with owner.send(question, assistant="documents") as reading:
            assert reading.until("documents").json["documents"] == []
            assert reading.end["status"] == "done"

    assert "documents_passage_index" in run_python(tmp_path / "data", "-c", EXPLAIN, DATABASE_URL=database)


def test_the_migrations_go_back_and_forth(database: str, tmp_path: Path) -> None:
    for target in ("zero", ""):
        run_python(
            tmp_path,
            "manage.py",
            "migrate",
            "documents",
            *([target] if target else []),
            DATABASE_URL=database,
        )
