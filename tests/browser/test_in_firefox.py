"""The page in Firefox: a reply is rendered while it is written, stopped, resumed, the same after a reload."""

import os
from collections.abc import Iterator

import pytest

from tests.browser.chat_page import MARKUP
from tests.browser.firefox import HOW_TO_GET_ONE, Firefox, find_firefox, running
from tests.site import Site
from tests.upstream import Reply
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.xdist_group("firefox"),  # one browser for all of them
    pytest.mark.skipif(
        not find_firefox() and os.environ.get("BROWSER_TESTS") != "required",
        reason=f"no Firefox found. {HOW_TO_GET_ONE}",
    ),
]

PROMPT = "#prompt"
REPLY = 'article[data-role="assistant"]'
QUESTION = 'article[data-role="user"] [data-text]'
LAST = "selector => [...document.querySelectorAll(selector)].at(-1)"
CONTROL, ENTER, ESCAPE, ARROW_UP = "\ue009", "\ue006", "\ue00c", "\ue013"


@pytest.fixture(scope="module")
def running_firefox() -> Iterator[Firefox]:
    executable = find_firefox()
    if executable is None:
        pytest.fail(f"BROWSER_TESTS=required, and no Firefox was found. {HOW_TO_GET_ONE}", pytrace=False)
    with running(executable) as firefox:
        yield firefox


@pytest.fixture
def firefox(running_firefox: Firefox, site: Site) -> Firefox:
    """It has the site's first page open."""
    running_firefox.open(f"{site.url}/")
    return running_firefox


def ask(firefox: Firefox, text: str) -> None:
    firefox.type(PROMPT, text + CONTROL + ENTER)


def status(firefox: Firefox) -> str:
    return str(
        firefox.run("return [...document.querySelectorAll(arguments[0])].at(-1)?.dataset.status", REPLY)
    )


def markup(firefox: Firefox) -> str:
    return str(firefox.run(f"return ({MARKUP})(({LAST})(arguments[0]))", REPLY))


def test_a_reply_is_rendered_while_it_is_written(site: Site, firefox: Firefox) -> None:
    item, rest = site.upstream.gate(), site.upstream.gate()
    site.upstream.enqueue(Reply("- one **bold", item, "**\n- two\n\n```python\nx = 1", rest, "\n```\n"))
    ask(firefox, "Go")

    item.wait_until_reached()
    wait_until(lambda: firefox.text(f"{REPLY} li strong") == "bold")
    item.open()
    rest.wait_until_reached()
    wait_until(lambda: firefox.text(f"{REPLY} pre code").strip() == "x = 1")
    assert status(firefox) == "running"
    rest.open()
    wait_until(lambda: status(firefox) == "done")

    live = markup(firefox)
    firefox.reload()
    assert markup(firefox) == live


def test_escape_stops_a_reply(site: Site, firefox: Firefox) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("So far", gate, " and on"))
    ask(firefox, "Go")
    wait_until(lambda: "So far" in firefox.text(REPLY))

    firefox.type(PROMPT, ESCAPE)

    wait_until(lambda: status(firefox) == "stopped")
    assert "So far" in firefox.text(REPLY)
    assert "and on" not in firefox.text(REPLY)


def test_a_reply_goes_on_after_a_reload(site: Site, firefox: Firefox) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One ", gate, "two."))
    ask(firefox, "Go")
    wait_until(lambda: "One" in firefox.text(REPLY))

    firefox.reload()
    wait_until(lambda: "One" in firefox.text(REPLY))
    assert status(firefox) == "running"
    gate.open()

    wait_until(lambda: status(firefox) == "done")
    assert firefox.text(f"{REPLY} [data-body]").strip() == "One two."


def test_what_was_typed_is_there_after_a_reload(firefox: Firefox) -> None:
    firefox.type(PROMPT, "Not sent yet")

    firefox.reload()

    wait_until(lambda: firefox.run("return document.querySelector('#prompt').value") == "Not sent yet")


def test_a_message_is_edited_and_its_versions_are_paged_through(site: Site, firefox: Firefox) -> None:
    site.upstream.enqueue(Reply("One."))
    ask(firefox, "one")
    wait_until(lambda: status(firefox) == "done")
    asked = firefox.text(QUESTION)  # after a draft, if there was one

    firefox.type(PROMPT, ARROW_UP)
    box = "article textarea"
    wait_until(lambda: firefox.run(f"return document.querySelector('{box}')?.value") == asked)
    site.upstream.enqueue(Reply("Two."))
    firefox.type(box, " and more" + CONTROL + ENTER)
    wait_until(lambda: firefox.text(f"{REPLY} [data-body]").strip() == "Two.")
    wait_until(lambda: "2/2" in firefox.text("[data-siblings]:not([hidden])"))
    firefox.click("[data-siblings] a[rel=prev]")

    wait_until(lambda: firefox.text(f"{REPLY} [data-body]").strip() == "One.")
    assert "1/2" in firefox.text("[data-siblings]:not([hidden])")
    assert firefox.text(QUESTION) == asked
