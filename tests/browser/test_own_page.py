"""A page of somebody's own, as docs/streaming/own-page.md prints it, over the package's module."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.server import INHERITED, ROOT, free_port
from tests.streaming.response.test_servers import is_up
from tests.upstream import Failure, Reply, ScriptedUpstream
from tests.waiting import wait_until


@pytest.fixture
def own(page: Page, watch: Watch, upstream: ScriptedUpstream, tmp_path: Path) -> Iterator[Page]:
    """That page, open, with its server behind it."""
    watch.expect("favicon")
    port = free_port()
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment |= {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": "test"}
    environment["DATABASE"] = str(tmp_path / "runs.sqlite3")
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}"]
    command += ["-c", "python:streaming.gunicorn", "-k", "gthread", "--threads", "8"]
    with subprocess.Popen([*command, "tests.browser.own_page:wsgi"], cwd=ROOT, env=environment) as process:
        try:
            wait_until(lambda: is_up(port), timeout=60)
            page.goto(f"http://127.0.0.1:{port}/")
            yield page
            page.goto("about:blank")
        finally:
            process.terminate()


def ask(page: Page) -> None:
    page.locator("input[name=question]").fill("Hi")
    page.get_by_role("button", name="Ask").click()


def test_text_is_appended_as_it_comes(own: Page, upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("<b>Hel", gate, "lo"))

    ask(own)

    reply = own.locator("p")
    expect(reply).to_have_text("<b>Hel")
    gate.open()
    expect(reply).to_have_text("<b>Hello")
    expect(reply).to_have_attribute("data-status", "done")


def test_a_reload_goes_on_and_stop_closes_the_providers_connection(
    own: Page, upstream: ScriptedUpstream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    ask(own)
    reply = own.locator("p")
    expect(reply).to_have_text("Hel")

    own.reload()
    expect(reply).to_have_text("Hel")
    own.get_by_role("button", name="Stop").click()

    expect(reply).to_have_attribute("data-status", "stopped")
    assert upstream.requests[0].peer_closed.wait(5)


def test_a_second_question_leaves_the_first_reply(own: Page, upstream: ScriptedUpstream) -> None:
    first, second = upstream.gate(), upstream.gate()
    upstream.enqueue(Reply("One", first, " and on"), Reply("Two", second, "."))
    ask(own)
    reply = own.locator("p")
    expect(reply).to_have_text("One")
    run = own.evaluate("location.hash.slice(1)")

    ask(own)
    expect(reply).to_have_text("Two")
    first.open()
    own.evaluate("async (run) => (await fetch(`/runs/${run}/events/`)).text()", run)  # to its end
    second.open()

    expect(reply).to_have_attribute("data-status", "done")
    expect(reply).to_have_text("Two.")


def test_a_failure_is_said(own: Page, upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Failure(401))

    ask(own)

    expect(own.locator("p")).to_contain_text("did not accept this site's key")


def test_a_refusal_is_thrown_with_its_answer(own: Page, watch: Watch) -> None:
    watch.expect("403")

    status = own.evaluate(
        """async () => {
          const { Refused, post } = await import("/static/streaming/follow.js");
          document.cookie = "csrftoken=; max-age=0; path=/";
          return post("/begin/").catch((error) => error instanceof Refused && error.response.status);
        }"""
    )

    assert status == 403
