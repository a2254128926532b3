"""A database of an earlier version, with what people have written, and today's code."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chatsite.accounts.people import sign_in
from tests.server import prepare, run_python
from tests.services import postgresql
from tests.site import running_site
from tests.upstream import Reply

EARLIER = {
    "the first": {"chat": "0001", "streaming": "0001", "accounts": "0001", "documents": "0001"},
}
"""Of each app the last migration that there was; of those of Django all."""

MAKE = """
import json, sys
import django
django.setup()
from uuid import uuid4
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

wanted = json.loads(sys.argv[1])
executor = MigrationExecutor(connection)
known = executor.loader.graph.nodes
targets = [key for key in known if key[0] in wanted and key[1].startswith(wanted[key[0]])]
targets += [key for key in executor.loader.graph.leaf_nodes() if key[0] in ("auth", "sessions", "admin")]
apps = executor.migrate(targets).apps
User, Message = apps.get_model("auth", "User"), apps.get_model("chat", "Message")
alice = User.objects.create(username="alice", password=make_password("canary-password"))
Conversation = apps.get_model("chat", "Conversation")
talk = Conversation.objects.create(user=alice, title="An old talk", assistant="chat")
now = timezone.now()
def write(**values):
    return Message.objects.create(conversation=talk, created=now, **values)
question = write(role="user", content="What is a harbour?", status="done")
write(role="assistant", parent=question, content="A place for **ships**.", status="done", run_id=uuid4())
write(role="assistant", parent=question, content="A pl", status="stopped", run_id=uuid4())
"""


@contextlib.contextmanager
def database_of(store: str, data: Path) -> Iterator[str]:
    if store == "sqlite":
        yield f"sqlite:///{data / 'db.sqlite3'}"
        return
    with postgresql.running() as url:
        yield url


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("version", EARLIER.values(), ids=EARLIER)
def test_what_people_have_written_is_there_after_an_upgrade(
    tmp_path: Path, store: str, version: dict[str, str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with database_of(store, data) as url:
        run_python(data, "-c", MAKE, json.dumps(version), DATABASE_URL=url)
        prepare(data, DATABASE_URL=url)

        with running_site(data, settings={"DATABASE_URL": url}) as site, site.visitor() as alice:
            sign_in(alice, "alice")
            listed = alice.get("/")
            assert "An old talk" in listed.text
            found = alice.get("/search/?q=harbour")
            assert "An old talk" in found.text
            (address,) = {
                str(part) for part in found.text.split('"') if part.startswith("/c/") and "?" in part
            }
            conversation = address.split("/")[2]
            page = alice.get(f"/c/{conversation}/").text
            assert "What is a harbour?" in page
            assert "<strong>ships</strong>" in page
            site.upstream.enqueue(Reply("It has a quay."))
            with alice.send("And then?", conversation=conversation) as reading:
                assert reading.end["status"] == "done"
            asked = site.upstream.requests[-1].json["messages"]
            assert [message["content"] for message in asked[-3:]] == [
                "What is a harbour?",
                "A place for **ships**.",
                "And then?",
            ]
