"""The search of PostgreSQL in place of SQLite's: the whole site over a real server."""

import re
from pathlib import Path

from tests.server import prepare, run_python
from tests.services import postgresql
from tests.site import running_site
from tests.upstream import Reply

EXPLAIN = """
import django; django.setup()
from django.db import connection
from chatsite.chat.search_text import SearchText
from chatsite.chat.search import _postgresql
connection.cursor().execute("SET enable_seqscan = off")  # a table this small is read faster without
print(_postgresql(SearchText.objects.all(), ["harbour", "it"]).explain())
"""
ANSWER = "The harbour is deep. \u6211\u5b66\u65e5\u672c\u8a9e\u3002"
FOUND = ("harbour", "HARB", "rbou", "ep", "deep harb", "\u65e5\u672c\u8a9e", "\u672c", "\u3002")
NOT_FOUND = ("zebra", "harbor", "' & | ! ( :* \\ %s", "%", '"', "de_p", "\x01", "x" * 500)


def test_messages_are_found_by_the_index_also_those_from_before(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with postgresql.running() as database:
        prepare(data, DATABASE_URL=database)
        with (
            running_site(data, settings={"DATABASE_URL": database}) as site,
            site.visitor() as owner,
            site.visitor() as outsider,
        ):
            site.upstream.enqueue(Reply(ANSWER), Reply("No harbour here."))
            for person in (owner, outsider):
                with person.send("Go") as reading:
                    conversation = reading.start["conversation"]
                    assert reading.end["status"] == "done"

            def hits(query: str) -> list[str]:
                answer = owner.http.get("/search/", params={"q": query})
                assert answer.status_code == 200, query
                assert conversation not in answer.text
                return re.findall(r"\?until=", answer.text)

            for query in FOUND:
                assert len(hits(query)) == 1, query
            for query in NOT_FOUND:
                assert hits(query) == [], query

            message = re.findall(r"until=([0-9a-f-]+)", owner.get("/search/?q=harbour").text)[0]
            site.upstream.enqueue(Reply("The harbour is shallow."))
            with owner.regenerate(message) as reading:
                conversation_of_owner = reading.start["conversation"]
                assert reading.end["status"] == "done"
            assert len(hits("harbour")) == 2
            for action, found in (("delete", 0), ("restore", 2)):
                assert owner.post(f"/c/{conversation_of_owner}/{action}/").status_code == 303
                assert len(hits("harbour")) == found

            for target in (("chat", "0009"), ()):
                run_python(data, "manage.py", "migrate", *target, DATABASE_URL=database)
            assert len(hits("harbour")) == 2
            assert "chat_searchtext_index" in run_python(data, "-c", EXPLAIN, DATABASE_URL=database)
