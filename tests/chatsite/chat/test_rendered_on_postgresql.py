"""The HTML of finished replies in PostgreSQL, whose errors a page does without: they would not be seen."""

from pathlib import Path

import psycopg

from tests.server import prepare
from tests.services import postgresql
from tests.site import running_site
from tests.upstream import Reply


def test_html_is_stored_and_replaced(tmp_path: Path) -> None:
    with postgresql.running() as database:
        prepare(tmp_path / "data", DATABASE_URL=database)
        with (
            running_site(tmp_path / "data", settings={"DATABASE_URL": database}) as site,
            site.visitor() as visitor,
            psycopg.connect(database, autocommit=True) as stored,
        ):
            site.upstream.enqueue(Reply("**Bold**"))
            with visitor.send("Go") as reading:
                conversation = reading.start["conversation"]
                assert reading.end["status"] == "done"
            for _ in range(2):
                assert "<strong>Bold</strong>" in visitor.get(f"/c/{conversation}/").text
                (row,) = stored.execute("SELECT html, seal FROM chat_renderedreply").fetchall()
                assert "<strong>Bold</strong>" in row[0]
                assert row[1] != "older"
                stored.execute("UPDATE chat_renderedreply SET html = '<p>Forged', seal = 'older'")
