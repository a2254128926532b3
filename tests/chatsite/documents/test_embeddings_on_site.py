"""EMBEDDING_MODEL, from the upload to the citation, over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chatsite.documents.meaning import MODEL, PATH, give_meaning, texts_embedded
from tests.chatsite.documents.people import upload
from tests.server import copy_prepared
from tests.site import Site, running_site
from tests.upstream import Failure, Reply, ToolCall

HOUSE = "# Hall\n\nThe spare key is under the mat.\n\n# Garden\n\nThe roses are red."


@pytest.fixture(scope="module")
def module_site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The one server of these tests. They use `site`."""
    data_dir = copy_prepared(prepared, tmp_path_factory.mktemp("embedding") / "data")
    with running_site(data_dir, settings={"EMBEDDING_MODEL": MODEL}) as site:
        yield site


@pytest.fixture
def site(module_site: Site) -> Iterator[Site]:
    module_site.server.mark_log()
    yield module_site
    module_site.new_round()


def test_an_answer_cites_what_means_the_same_and_nothing_of_another_persons(site: Site) -> None:
    give_meaning(site.upstream)
    owner, outsider = site.visitor(), site.visitor()
    assert upload(owner, "house.md", HOUSE).status_code == 303
    assert upload(outsider, "other.md", "My key to the canary's door.").status_code == 303
    site.upstream.enqueue(Reply("Look under the mat [1]."))

    with owner.send("I am locked out!", assistant="documents") as reading:
        found = reading.until("documents").json["documents"]
        assert reading.end["status"] == "done"

    assert [document["title"] for document in found] == ["house.md, Hall", "house.md, Garden"]
    assert "The spare key is under the mat." in owner.get(found[0]["source"]).text
    assert texts_embedded(site.upstream)[-1] == "I am locked out!"
    asked = site.upstream.requests[-1]
    assert asked.messages[-1]["content"].startswith("[1] house.md, Hall\n# Hall\n\nThe spare key")
    assert "canary" not in asked.body.decode()
    assert b"canary" not in reading.received
    for text in ("spare key", "locked", "canary"):
        assert text not in site.server.log


def test_the_agent_finds_documents_by_their_meaning_too(site: Site) -> None:
    give_meaning(site.upstream)
    visitor = site.visitor()
    upload(visitor, "house.md", HOUSE)
    call = ToolCall("search_documents", ('{"query": "locked"}',))
    site.upstream.enqueue(Reply(call, finish="tool_calls"), Reply("Under the mat."))

    with visitor.send("I am out!", assistant="agent") as reading:
        assert reading.end["status"] == "done"
        ended = next(event.json for event in reading.events if event.name == "tool-end")

    assert ended["output"].startswith("From house.md, Hall:")


@pytest.mark.parametrize("status", [401, 429, 413, 503])
def test_an_upload_that_cannot_be_embedded_is_told_so_and_not_kept(site: Site, status: int) -> None:
    site.upstream.on(lambda _: Failure(status, "canary-key"), path=PATH)
    visitor = site.visitor()

    page = upload(visitor, "house.md", HOUSE)
    answer = upload(visitor, "house.md", HOUSE, accept="application/json")

    assert (page.status_code, answer.status_code) == (502, 502)
    assert "Nothing was stored. The embedding model" in page.text
    assert answer.json()["error"]["code"] == "embedding_failed"
    assert "Nothing here yet" in visitor.get("/documents/").text
    assert "embedding failed: " in site.server.log
    assert "canary" not in page.text + answer.text + site.server.log
    assert "spare key" not in site.server.log


def test_a_question_that_cannot_be_embedded_fails_the_reply_and_says_why(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "house.md", HOUSE)
    site.upstream.on(lambda _: Failure(401, "canary-key"), path=PATH)

    with visitor.send("Where is the key?", assistant="documents") as reading:
        error = reading.end["error"]

    assert error["code"] == "upstream_auth"
    assert error["message"] == "The embedding model's server did not accept this site's key."
    assert "canary" not in site.server.log


@pytest.mark.alone
def test_stop_ends_a_question_that_waits_for_its_embedding(site: Site) -> None:
    visitor = site.visitor()
    upload(visitor, "house.md", HOUSE)
    gate = site.upstream.gate()
    site.upstream.on(lambda _: Failure(500, headers_after=gate), path=PATH)

    with visitor.send("Where is the key?", assistant="documents") as reading:
        run = reading.start["run"]
        gate.wait_until_reached()
        visitor.stop(run)
        assert site.upstream.requests[-1].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    assert len(site.upstream.requests) == 2
