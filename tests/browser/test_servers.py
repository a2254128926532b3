"""What a person sees when processes of the server die, or are replaced: what the database says."""

import os
import signal
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.waiting import wait_until

GONE = (
    "503|ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED|CONTENT_LENGTH_MISMATCH)"
)
REPLY = "SELECT status, content FROM chat_message WHERE role = 'assistant' ORDER BY created DESC"
OWNER = """SELECT process.pid FROM streaming_process process JOIN streaming_run run ON run.owner = process.id
           WHERE run.status = 'running'"""


def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    """What the database says."""
    with closing(sqlite3.connect(site.server.log_file.parent / "db.sqlite3")) as database:
        return database.execute(query).fetchall()


def kill_the_owner(site: Site) -> None:
    """kill -9 of the process that runs the only reply."""
    ((pid,),) = rows(site, OWNER)
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)


def mark(chat: ChatPage) -> None:
    """A reload would wipe it off."""
    chat.page.evaluate("window.mark = true")


def expect_mark(chat: ChatPage) -> None:
    assert chat.page.evaluate("window.mark") is True


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_costs_no_text(start_site: SiteStarter, watch: Watch, workers: int) -> None:
    watch.expect(GONE)
    site = start_site(workers=workers)
    kept = Reply("Kept, ", "every word, ", site.upstream.gate())
    site.upstream.enqueue(kept, Reply("and ", "gone on with."))
    chat = ChatPage(watch.page).open(site.url)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Kept, every word,")
    chat.prompt.fill("A draft")
    mark(chat)

    kill_the_owner(site)

    chat.page.set_default_timeout(30_000)
    expect(chat.reply).to_have_attribute("data-status", "interrupted", timeout=30_000)
    expect(chat.reply.get_by_text("The reply was interrupted before it was finished.")).to_be_visible()
    expect(chat.prompt).to_have_value("A draft")
    expect(chat.body).to_have_text("Kept, every word,")
    assert rows(site, REPLY) == [("interrupted", "Kept, every word, ")]
    expect(chat.regenerate_button).to_be_visible()
    chat.continue_button.click()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Kept, every word, and gone on with.")
    expect(chat.prompt).to_have_value("A draft")
    assert rows(site, REPLY)[0] == ("done", "Kept, every word, and gone on with.")
    expect_mark(chat)
    expect(chat.reply.get_by_text("Version 2 of 2")).to_be_attached()
    chat.expect_the_same_after_a_reload()


def test_a_reply_without_text_is_begun_again(start_site: SiteStarter, watch: Watch) -> None:
    watch.expect(GONE)
    site = start_site(workers=2)
    silent = site.upstream.gate()
    site.upstream.enqueue(Reply("Never.", headers_after=silent), Reply("Here ", "after all."))
    chat = ChatPage(watch.page).open(site.url)
    chat.ask("Go")
    silent.wait_until_reached()
    expect(chat.reply.get_by_text("Thinking")).to_be_visible()
    wait_until(lambda: rows(site, "SELECT * FROM streaming_logpart"))
    mark(chat)

    kill_the_owner(site)

    expect(chat.reply).to_have_attribute("data-status", "done", timeout=30_000)
    expect(chat.body).to_have_text("Here after all.")
    assert rows(site, REPLY) == [("done", "Here after all.")]
    expect_mark(chat)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_deploy_in_mid_reply_costs_no_character(
    start_site: SiteStarter, watch: Watch, workers: int
) -> None:
    watch.expect(GONE)
    site = start_site(workers=workers)
    gate = site.upstream.gate()
    words = [f"word {number} " for number in range(200)]
    site.upstream.enqueue(Reply(*words[:100], gate, *words[100:]))
    chat = ChatPage(watch.page).open(site.url)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("word 99")
    chat.prompt.fill("A draft")
    mark(chat)

    with chat.page.expect_response(lambda answer: "/runs/" in answer.url and answer.ok, timeout=30_000):
        site.server.process.send_signal(signal.SIGHUP)
    assert chat.text.split() == "".join(words[:100]).split()
    gate.open()

    chat.expect_status("done")
    expect(chat.body).to_have_text("".join(words).strip())
    assert rows(site, REPLY) == [("done", "".join(words))]
    expect(chat.reply.get_by_text("Connection lost")).to_be_hidden()
    expect(chat.prompt).to_have_value("A draft")
    expect_mark(chat)


def test_a_restarted_server_has_the_reply(start_site: SiteStarter, watch: Watch) -> None:
    watch.expect(GONE)
    site = start_site()
    site.upstream.enqueue(Reply("Kept.\n\nAnd ", site.upstream.gate()))
    chat = ChatPage(watch.page).open(site.url)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("And")
    mark(chat)

    site.server.process.send_signal(signal.SIGINT)
    site.server.process.wait(30)
    expect(chat.reply.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
    expect(chat.reply).to_contain_text("And")
    site.server.start()

    expect(chat.reply).to_have_attribute("data-status", "interrupted", timeout=30_000)
    assert rows(site, REPLY) == [("interrupted", "Kept.\n\nAnd ")]
    expect_mark(chat)
    chat.expect_the_same_after_a_reload()
