"""The connection of a reply: lost, silent, closed, refused. The page comes back, and says it if need be."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.server import ROOT, environment
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.waiting import wait_until

LOST = "Connection lost. Reconnecting…"

# Being offline fails new requests but leaves open ones alone. `dropConnection()` breaks the one that is being
# read, as a network does, and `closeConnection()` ends it, as a server does that has to leave.
DROPPABLE = """() => {
  const open = fetch;
  window.fetch = async (...args) => {
    const response = await open(...args);
    if (String(args[0]).includes("/conversations/")) return response; // the list's
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream({
      start(controller) {
        window.dropConnection = () => controller.error(new TypeError("network error"));
        window.closeConnection = () => controller.close();
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => reader.cancel(),
    });
    return new Response(body, response);
  };
}"""

# Any pause before another attempt is longer than the test.
NO_RETRY = "document.querySelector('[data-chat]').dataset.retryMin = '600000'"
SHORT_WAIT = "document.querySelector('[data-chat]').dataset.answerWithin = '1000'"


@pytest.fixture
def chat(page: Page) -> ChatPage:
    chat = ChatPage(page).open()
    page.evaluate(DROPPABLE)
    return chat


def test_a_lost_connection_is_said_and_resumed(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    chat.page.context.set_offline(True)
    with chat.page.expect_event("requestfailed"):
        chat.page.evaluate("dropConnection()")
    for _ in range(2):  # a page that reloads itself now is gone
        with chat.page.expect_event("requestfailed"):
            expect(chat.reply.get_by_text(LOST)).to_be_visible()
    expect(chat.announcer).to_have_text(LOST)
    expect(chat.reply).to_contain_text("Before,")
    gate.open()
    chat.page.context.set_offline(False)
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")
    expect(chat.reply.get_by_text(LOST)).to_be_hidden()


def test_a_silent_connection_is_opened_again(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    chat.page.evaluate("document.querySelector('[data-chat]').dataset.silence = '300'")
    chat.ask("Go")
    with chat.page.expect_request("**/events/?after=2&html=1&open=1"):
        expect(chat.reply).to_contain_text("Before,")
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")


def test_an_unanswered_connection_is_opened_again(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    chat.page.evaluate(SHORT_WAIT)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.route("**/runs/*/events/**", hold, times=1)
    with chat.page.expect_response("**/runs/*/events/**"):
        chat.page.evaluate("closeConnection()")
    assert len(held) == 1
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")


def test_a_fault_of_the_page_is_not_retried(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("Cannot set properties of null")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.page.evaluate("document.querySelector('[data-announcer]').remove()")
    chat.ask("Go")
    expect(chat.notice).to_contain_text("The page could not show the reply.")
    expect(chat.send_button).to_be_visible()
    assert [url for url in asked if "/runs/" in url] == []
    chat.retry_button.click()
    expect(chat.reply).to_contain_text("Before,")
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")
    assert len(site.upstream.requests) == 1


def test_a_closed_connection_is_reopened_without_notice(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    said = watch_for(chat, LOST)
    chat.page.evaluate(NO_RETRY)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    with chat.page.expect_request("**/events/?after=2&html=1&open=1"):
        chat.page.evaluate("closeConnection()")
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")
    assert said() is False


def watch_for(chat: ChatPage, sentence: str) -> Callable[[], object]:
    """Whether the page has shown the sentence since, be it for a moment."""
    chat.page.evaluate(
        """(sentence) => {
          window.hasSaid = false;
          new MutationObserver(() => {
            for (const line of document.querySelectorAll("[data-connection]")) {
              if (line.textContent.includes(sentence) && line.checkVisibility()) window.hasSaid = true;
            }
          }).observe(document.body, { subtree: true, childList: true, attributes: true });
        }""",
        sentence,
    )
    return lambda: chat.page.evaluate("hasSaid")


def test_repeated_closing_is_met_with_pauses_and_said(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    asked: list[str] = []

    def close(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="text/event-stream", body=": stream\n\n")

    chat.page.evaluate(NO_RETRY)
    chat.page.route("**/runs/*/events/**", close)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    chat.page.evaluate("closeConnection()")
    expect(chat.reply.get_by_text(LOST)).to_be_visible()
    assert len(asked) == 1
    chat.page.unroute_all()
    gate.open()
    chat.page.evaluate("dispatchEvent(new Event('online'))")
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")


def test_a_busy_server_is_given_its_time(site: Site, page: Page, watch: Watch) -> None:
    watch.expect("503")
    page.clock.install()
    chat = ChatPage(page).open()
    page.evaluate(DROPPABLE)
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "600"})

    page.route("**/runs/*/events/**", refuse)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    page.evaluate("closeConnection()")
    expect(chat.reply.get_by_text(LOST)).to_be_visible()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.clock.run_for(500_000)
    assert len(asked) == 1
    page.unroute_all()
    gate.open()
    page.clock.run_for(101_000)
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")


@pytest.mark.parametrize("answer", ["reset", "204", "404"])
def test_a_reply_without_events_is_fetched_whole(
    site: Site, chat: ChatPage, watch: Watch, answer: str
) -> None:
    watch.expect("404")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("First."), Reply("Before, ", gate, "and **after**."))
    chat.ask("First?")
    chat.expect_status("done")
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    chat.prompt.fill("A draft")
    chat.page.evaluate("window.mark = true")

    def gone(route: Route) -> None:
        gate.open()
        wait_until(lambda: "<strong>after</strong>" in chat.page.request.get(chat.page.url).text())
        if answer == "reset":
            body = 'event: reset\ndata: {"message": "x"}\n\n'
            route.fulfill(content_type="text/event-stream", body=body)
        else:
            route.fulfill(status=int(answer))

    chat.page.route("**/runs/*/events/**", gone)
    chat.page.evaluate("closeConnection()")
    chat.expect_status("done")
    expect(chat.body.locator("strong")).to_have_text("after")
    expect(chat.replies).to_have_count(2)
    expect(chat.prompt).to_have_value("A draft")
    expect(chat.send_button).to_be_visible()
    assert chat.page.evaluate("window.mark") is True


def test_a_reply_with_pruned_events_is_still_shown(start_site: SiteStarter, watch: Watch) -> None:
    site = start_site()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    chat = ChatPage(watch.page).open(site.url)
    chat.page.evaluate(DROPPABLE)
    chat.page.evaluate(NO_RETRY)
    chat.ask("Go")
    expect(chat.reply).to_contain_text("Before,")
    chat.page.route("**/runs/*/events/**", lambda route: route.abort())
    watch.expect("ERR_FAILED")
    chat.page.evaluate("closeConnection()")
    expect(chat.reply.get_by_text(LOST)).to_be_visible()
    gate.open()
    events = f"{site.url}/runs/{chat.reply.get_attribute('data-run')}/events/"
    wait_until(lambda: "event: end" in chat.page.request.get(events).text())
    prune(site)
    assert "event: reset" in chat.page.request.get(events).text()
    chat.page.unroute_all()
    chat.page.evaluate("dispatchEvent(new Event('online'))")
    chat.expect_status("done")
    expect(chat.body).to_have_text("Before, and after.")


def prune(site: Site) -> None:
    """What an operator, or the site itself after an hour, does with the events of what has ended."""
    subprocess.run(
        [sys.executable, "manage.py", "prune", "--older-than=0"],
        cwd=ROOT,
        env=environment(site.server.log_file.parent),
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_a_message_sent_again_is_taken_once(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_CONNECTION_RESET")
    site.upstream.enqueue(Reply("Once."))
    lose_answers(chat)
    chat.ask("How often?")
    expect(chat.notice).to_contain_text("could not be reached")
    expect(chat.prompt).to_have_value("How often?")
    chat.page.unroute_all()
    chat.retry_button.click()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Once.")
    expect(chat.prompt).to_have_value("")
    expect(chat.page.get_by_role("link", name="How often?")).to_have_count(1)
    chat.page.reload()
    expect(chat.questions).to_have_count(1)
    assert len(site.upstream.requests) == 1


def test_an_unanswered_message_is_kept_for_a_retry(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Once."))
    held: list[Route] = []

    def take(route: Route) -> None:
        route.fetch()
        held.append(route)

    chat.page.evaluate(SHORT_WAIT)
    chat.page.route("**/messages/**", take, times=1)
    chat.ask("How often?")
    expect(chat.notice).to_contain_text("could not be reached")
    assert len(held) == 1
    expect(chat.prompt).to_have_value("How often?")
    chat.retry_button.click()
    chat.expect_status("done")
    expect(chat.questions).to_have_count(1)
    assert len(site.upstream.requests) == 1


def test_a_late_retry_leads_to_the_conversation(start_site: SiteStarter, watch: Watch) -> None:
    watch.expect("ERR_CONNECTION_RESET")
    site = start_site()
    site.upstream.enqueue(Reply("Once."))
    chat = ChatPage(watch.page).open(site.url)
    lose_answers(chat)
    chat.ask("How often?")
    expect(chat.notice).to_contain_text("could not be reached")
    chat.page.unroute_all()
    prune(site)
    chat.retry_button.click()
    expect(chat.page).to_have_url(re.compile("/c/"))
    expect(chat.body).to_have_text("Once.")
    expect(chat.prompt).to_have_value("")
    assert len(site.upstream.requests) == 1


def lose_answers(chat: ChatPage) -> None:
    """Let the server take what is sent, and lose what it says to it."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    chat.page.route("**/messages/**", lose)


def test_a_reload_before_the_answer_sends_nothing_twice(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_CONNECTION_RESET")
    site.upstream.enqueue(Reply("Once."))
    lose_answers(chat)
    chat.ask("How often?")
    expect(chat.notice).to_contain_text("could not be reached")
    chat.page.unroute_all()
    chat.page.reload()
    expect(chat.prompt).to_have_value("How often?")
    chat.prompt.press("Enter")
    chat.expect_status("done")
    expect(chat.page).to_have_url(re.compile("/c/"))
    assert len(site.upstream.requests) == 1


def test_a_repeated_message_is_shown_once(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_CONNECTION_RESET")
    site.upstream.enqueue(Reply("First."), Reply("Once."))
    chat.ask("First?")
    chat.expect_status("done")
    lose_answers(chat)
    chat.ask("How often?")
    expect(chat.notice).to_contain_text("could not be reached")
    chat.page.unroute_all()
    chat.page.reload()
    expect(chat.replies).to_have_count(2)
    expect(chat.prompt).to_have_value("How often?")
    chat.prompt.press("Enter")
    expect(chat.prompt).to_have_value("")
    chat.expect_status("done")
    expect(chat.replies).to_have_count(2)
    expect(chat.questions).to_have_count(2)
    assert len(site.upstream.requests) == 2
