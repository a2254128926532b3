"""Stop: at once, before there is anything to stop, and when the wish does not reach the server."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Reply


@pytest.mark.alone
def test_stop_ends_the_reply_and_the_upstream_request(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("So far ", gate, "and never this."))
    chat.ask("Go")
    expect(chat.reply).to_contain_text("So far")
    chat.stop_button.click()
    chat.expect_status("stopped")
    assert site.upstream.requests[0].peer_closed.wait(1)
    expect(chat.reply.get_by_text("Stopped.")).to_be_visible()
    expect(chat.send_button).to_be_visible()
    expect(chat.prompt).to_be_focused()
    chat.page.reload()
    expect(chat.body).to_have_text("So far")
    expect(chat.reply.get_by_text("Stopped.")).to_be_visible()


def test_stop_before_the_first_event_is_kept(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("So far ", site.upstream.gate()))
    chat.hold_events()
    chat.ask("Go")
    chat.stop_button.click()
    expect(chat.stop_button).to_have_attribute("aria-disabled", "true")
    expect(chat.announcer).to_have_text("Stopping.")
    chat.let_events_come()
    chat.expect_status("stopped")
    expect(chat.send_button).to_be_visible()


def test_a_failed_stop_can_be_repeated(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    site.upstream.enqueue(Reply("So far ", site.upstream.gate()))
    chat.page.route("**/stop/", lambda route: route.abort(), times=1)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("So far")
    chat.stop_button.click()
    expect(chat.notice).to_contain_text("could not be reached")
    chat.stop_button.click()
    chat.expect_status("stopped")
    expect(chat.notice).to_have_count(0)


def test_a_stop_that_fails_too_late_changes_nothing(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("So far ", gate, "and on."), Reply("Second."))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.route("**/stop/", hold)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("So far")
    chat.stop_button.click()
    gate.open()
    chat.expect_status("done")
    with chat.page.expect_event("requestfailed"):
        held[0].abort()
    expect(chat.send_button).to_be_visible()
    expect(chat.notice).to_have_count(0)
    chat.ask("And then?")
    expect(chat.body).to_have_text("Second.")
