"""Titles by the model, in a real site with CHAT_TITLES."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from chatsite.chat import titles
from chatsite.chat.models import TITLE_LENGTH
from chatsite.chat.title_writer import INSTRUCTIONS
from tests.server import copy_prepared
from tests.site import Site, running_site
from tests.upstream import EndlessTokens, Failure, Reply, Request
from tests.visitor import Visitor
from tests.waiting import wait_until

QUESTION = "How do I brew a pot of green tea?"
ANSWER = "With water of 70 degrees."
TITLE = "Brewing sencha"


@pytest.fixture(scope="module")
def titled_site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data_dir = copy_prepared(prepared, tmp_path_factory.mktemp("titles") / "data")
    with running_site(data_dir, settings={"CHAT_TITLES": "1"}) as site:
        yield site


@pytest.fixture
def site(titled_site: Site) -> Iterator[Site]:
    titled_site.server.mark_log()
    yield titled_site
    titled_site.new_round()


def answer_with(site: Site, told: Reply | Failure) -> list[Request]:
    """Let the provider answer questions, and tell that when it is asked for a title for `QUESTION`.

    Returns the requests for titles, as they come.
    """
    asked: list[Request] = []

    def answer(request: Request) -> Reply | Failure:
        if request.messages[0]["content"] != INSTRUCTIONS:
            return Reply(ANSWER)
        asked.append(request)
        return told if QUESTION in request.messages[1]["content"] else Reply("Of the other one")

    site.upstream.on(answer)
    return asked


def begin(visitor: Visitor, question: str = QUESTION) -> str:
    """A new conversation whose first reply is done: its id."""
    with visitor.send(question) as reading:
        assert reading.end["status"] == "done"
        return str(reading.start["conversation"])


def await_titles(visitor: Visitor) -> None:
    """Wait until the conversations so far have their titles, if they get any: it is one after the other."""
    last = begin(visitor, "Another question")
    wait_until(lambda: title_of(visitor, last) == "Of the other one")


def title_of(visitor: Visitor, conversation: str) -> str:
    found = re.search(r"<title>(.*) · Chat</title>", visitor.get(f"/c/{conversation}/").text)
    assert found
    return unescape(found.group(1))


def test_the_model_names_a_conversation_once(site: Site) -> None:
    asked = answer_with(site, Reply('"', TITLE, '."\n', "\nIt is about tea."))
    visitor = site.visitor()
    conversation = begin(visitor)
    with visitor.send("And black tea?", conversation=conversation) as reading:
        assert reading.end["status"] == "done"

    await_titles(visitor)

    assert title_of(visitor, conversation) == TITLE
    shown = [request.messages[1]["content"] for request in asked]
    assert len(shown) == 2
    assert (QUESTION in shown[0], ANSWER in shown[0]) == (True, True)


def test_a_name_that_somebody_gives_meanwhile_stays(site: Site) -> None:
    gate = site.upstream.gate()
    asked = answer_with(site, Reply(TITLE, gate))
    visitor = site.visitor()
    conversation = begin(visitor)
    wait_until(lambda: bool(asked))
    assert visitor.post(f"/c/{conversation}/rename/", {"title": "Mine"}).status_code == 303

    gate.open()
    await_titles(visitor)

    assert title_of(visitor, conversation) == "Mine"


@pytest.mark.parametrize(
    "told",
    [Failure(500), Reply("..."), Reply("word " * 20), Reply(EndlessTokens("x" * 50))],
    ids=["fails", "nothing", "long", "endless"],
)
def test_what_is_no_title_is_not_stored(site: Site, told: Reply | Failure) -> None:
    answer_with(site, told)
    visitor = site.visitor()
    conversation = begin(visitor)

    await_titles(visitor)

    assert title_of(visitor, conversation) == QUESTION
    assert QUESTION not in site.server.log


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (" Tea \n", "Tea"),
        ("**Tea in Kyoto**", "Tea in Kyoto"),
        ("# “Tea”", "Tea"),
        ("「お茶の淹れ方」", "お茶の淹れ方"),
        ("T\x00e\x1ba", "Tea"),
        ("C. S. Lewis", "C. S. Lewis"),
        ("\n\nTea", "Tea"),
        ("", ""),
        ("...", ""),
        ("\u200b", ""),
        ("x" * TITLE_LENGTH, "x" * TITLE_LENGTH),
        ("x" * (TITLE_LENGTH + 1), ""),
    ],
)
def test_a_title_in_what_a_model_says(said: str, title: str) -> None:
    assert titles.of_model(said) == title
