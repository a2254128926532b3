"""Several tabs, of one browser or of two: each shows what the others write, and none lets the others wait."""

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.tab import Tab
from tests.site import Site
from tests.upstream import Gate, Reply


@pytest.fixture
def tab(watch: Watch) -> Tab:
    tab = Tab(watch.page.context)
    tab.open()
    return tab


def another(tab: Tab, *, hidden: bool = False) -> Tab:
    """Another tab with the same conversation."""
    other = Tab(tab.page.context, hidden=hidden)
    other.open(tab.page.url)
    return other


def begin(site: Site, tab: Tab, *words: str | Gate) -> Gate:
    """Ask for a reply that pauses at the gate after `words`."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, *words))
    tab.ask("Go")
    expect(tab.reply).to_contain_text("Before,")
    expect(tab.page).to_have_url(re.compile("/c/"))
    return gate


def converse(site: Site, tab: Tab) -> None:
    """A conversation with one reply."""
    site.upstream.enqueue(Reply("The first."))
    tab.ask("First?")
    tab.expect_status("done")


def test_a_hidden_tab_disconnects_and_catches_up_when_shown(site: Site, tab: Tab) -> None:
    gate = begin(site, tab, "and **after**.")
    tab.hide_and_let_go()
    gate.open()
    reader = another(tab)
    reader.expect_status("done")
    tab.expect_status("running")
    tab.show()
    tab.expect_status("done")
    expect(tab.reply.get_by_text("Connection lost")).to_be_hidden()
    assert tab.body.inner_html() == reader.body.inner_html()
    assert len(site.upstream.requests) == 1


def test_a_tab_goes_on_live_when_shown_again(site: Site, tab: Tab) -> None:
    second = site.upstream.gate()
    first = begin(site, tab, "between, ", second, "and after.")
    tab.hide_and_let_go()
    first.open()
    second.wait_until_reached()
    tab.show()
    expect(tab.reply).to_contain_text("Before, between,")
    second.open()
    tab.expect_status("done")
    expect(tab.body).to_have_text("Before, between, and after.")


def test_a_briefly_hidden_tab_keeps_its_connection(site: Site, watch: Watch) -> None:
    tab = Tab(watch.page.context, hidden_after=600_000)
    tab.open()
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    gate = begin(site, tab, "and after.")
    tab.hide()
    gate.open()
    tab.expect_status("done")
    tab.show()
    expect(tab.body).to_have_text("Before, and after.")
    assert [url for url in asked if "/runs/" in url] == []


def test_a_tab_hidden_before_the_first_event_catches_up(site: Site, tab: Tab) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Only ", gate, "one."))
    tab.page.evaluate(
        "() => { const send = fetch;"
        " window.fetch = (...args) => { setHidden(true); window.fetch = send; return send(...args) } }"
    )
    with tab.page.expect_event("requestfailed"):
        tab.ask("Go")
    gate.wait_until_reached()
    gate.open()
    tab.show()
    tab.expect_status("done")
    expect(tab.body).to_have_text("Only one.")
    expect(tab.replies).to_have_count(1)
    expect(tab.questions).to_have_count(1)


def test_a_background_tab_reads_nothing_until_shown(site: Site, tab: Tab) -> None:
    gate = begin(site, tab, "and after.")
    asked: list[str] = []
    tab.page.context.on("request", lambda request: asked.append(request.url))
    behind = another(tab, hidden=True)
    expect(behind.reply).to_contain_text("Before,")
    gate.open()
    tab.expect_status("done")
    behind.expect_status("running")
    assert [url for url in asked if "/runs/" in url] == []
    behind.show()
    behind.expect_status("done")
    expect(behind.body).to_have_text("Before, and after.")


def test_eight_tabs_all_show_the_finished_reply(site: Site, tab: Tab) -> None:
    """A browser opens six connections to a site: with one for each tab, the seventh would not even open."""
    gate = begin(site, tab, "and after.")
    tabs = [tab]
    for _ in range(7):
        tabs[-1].hide_and_let_go()
        tabs.append(another(tab))
        expect(tabs[-1].reply).to_contain_text("Before,")
        expect(tabs[-1].stop_button).to_be_visible()
    gate.open()
    tabs[-1].expect_status("done")
    for shown in tabs:
        shown.show()
        shown.expect_status("done")
        expect(shown.body).to_have_text("Before, and after.")
    assert len(site.upstream.requests) == 1


def test_a_reply_is_live_in_another_tab(site: Site, tab: Tab) -> None:
    converse(site, tab)
    other = another(tab)
    other.prompt.fill("A draft")
    gate = begin(site, tab, "and after.")
    expect(other.reply).to_contain_text("Before,")
    expect(other.questions).to_have_count(2)
    expect(other.stop_button).to_be_visible()
    gate.open()
    other.expect_status("done")
    expect(other.body).to_have_text("Before, and after.")
    expect(other.prompt).to_have_value("A draft")
    assert len(site.upstream.requests) == 2


def test_regenerating_in_one_tab_replaces_the_reply_in_another(site: Site, tab: Tab) -> None:
    converse(site, tab)
    other = another(tab)
    site.upstream.enqueue(Reply("Another."))
    tab.regenerate_button.click()
    expect(other.body).to_have_text("Another.")
    other.expect_status("done")
    expect(other.replies).to_have_count(1)
    expect(other.questions).to_have_count(1)


def test_stop_in_one_tab_is_seen_in_another(site: Site, tab: Tab) -> None:
    begin(site, tab, "and never this.")
    other = another(tab)
    expect(other.stop_button).to_be_visible()
    other.stop_button.click()
    tab.expect_status("stopped")
    other.expect_status("stopped")
    expect(tab.send_button).to_be_visible()


def test_a_hidden_tab_takes_part_when_it_is_shown(site: Site, tab: Tab) -> None:
    converse(site, tab)
    other = another(tab)
    other.hide()
    gate = begin(site, tab, "and after.")
    expect(other.replies).to_have_count(1)
    other.show()
    expect(other.reply).to_contain_text("Before,")
    gate.open()
    other.expect_status("done")
    expect(other.replies).to_have_count(2)


def test_a_tab_with_another_conversation_is_left_alone(site: Site, tab: Tab) -> None:
    other = Tab(tab.page.context)
    other.open()
    converse(site, tab)
    converse(site, other)
    asked: list[str] = []
    other.page.on("request", lambda request: asked.append(request.url))  # also late for the tab's icon
    begin(site, tab, "and after.").open()
    tab.expect_status("done")
    expect(other.replies).to_have_count(1)
    assert [url for url in asked if not re.search("/static/|/conversations/", url)] == []


def test_another_devices_messages_appear_when_the_tab_shows(browser: Browser, site: Site, tab: Tab) -> None:
    converse(site, tab)
    tab.prompt.fill("A draft")
    tab.hide()
    device = browser.new_context(storage_state=tab.page.context.storage_state())
    elsewhere = ChatPage(device.new_page()).open(tab.page.url)
    site.upstream.enqueue(Reply("From the phone."))
    elsewhere.ask("Second?")
    elsewhere.expect_status("done")
    device.close()
    expect(tab.replies).to_have_count(1)
    tab.show()
    expect(tab.body).to_have_text("From the phone.")
    expect(tab.questions).to_have_count(2)
    expect(tab.prompt).to_have_value("A draft")
    expect(tab.reply.get_by_role("button", name="Copy reply")).to_be_visible()
    expect(tab.regenerate_button).to_have_count(2)


def test_looking_for_news_is_cheap_and_moves_nothing(site: Site, tab: Tab) -> None:
    converse(site, tab)
    tab.reply.evaluate("article => { article.marked = true }")
    tab.hide()
    with tab.page.expect_response("**/c/**") as waited:
        tab.show()
    assert waited.value.status == 304
    assert tab.reply.evaluate("article => article.marked") is True


def test_an_unanswered_look_for_news_is_repeated(site: Site, tab: Tab) -> None:
    converse(site, tab)
    tab.page.evaluate("document.querySelector('[data-chat]').dataset.answerWithin = '1000'")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route("**/c/**", hold, times=1)
    tab.hide()
    with tab.page.expect_response("**/c/**"):
        tab.show()
    assert len(held) == 1


def test_messages_already_shown_stay_untouched(site: Site, tab: Tab) -> None:
    converse(site, tab)
    other = another(tab)
    other.reply.evaluate("article => { article.marked = true }")
    begin(site, tab, "and after.").open()
    expect(other.replies).to_have_count(2)
    other.expect_status("done")
    assert other.replies.first.evaluate("article => article.marked") is True


def test_a_question_from_elsewhere_is_shown_before_ones_own(site: Site, watch: Watch) -> None:
    here, there = Tab(watch.page.context), Tab(watch.page.context)
    here.page.add_init_script("BroadcastChannel.prototype.postMessage = () => {}")
    there.page.add_init_script("BroadcastChannel.prototype.postMessage = () => {}")
    site.upstream.enqueue(Reply("One."), Reply("Two."), Reply("Three."))
    here.open().ask("First")
    here.expect_status("done")
    there.open(here.page.url)
    for tab, text in ((there, "From there"), (here, "From here")):
        tab.ask(text)
        expect(tab.questions.last).to_contain_text(text)
        expect(tab.body).to_have_text({"From there": "Two.", "From here": "Three."}[text])
        tab.expect_status("done")
    expect(here.questions).to_have_count(2)
    here.hide()
    here.show()
    expect(here.questions).to_have_count(3)
    expect(here.questions.nth(1)).to_contain_text("From there")
