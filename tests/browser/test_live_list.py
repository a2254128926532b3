"""The list of conversations, in every tab: what others write, what is new, and one stream for all of them."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.tab import Tab
from tests.site import Site, SiteStarter
from tests.upstream import Gate, Reply

STREAM = re.compile("/conversations/events/$")


@pytest.fixture
def tab(site: Site, watch: Watch) -> Tab:
    """A tab of somebody who has a conversation, which is shown."""
    tab = Tab(watch.page.context)
    tab.open()
    converse(site, tab, "Tea")
    return tab


def another(tab: ChatPage, path: str = "/") -> Tab:
    other = Tab(tab.page.context)
    other.open(path)
    return other


def rows(page: Page) -> Locator:
    """The conversations of the list at the side."""
    return page.locator(".sidebar [data-groups] li > a:first-child")


def converse(site: Site, tab: ChatPage, text: str) -> None:
    site.upstream.enqueue(Reply("Yes."))
    tab.ask(text)
    tab.expect_status("done")


def begin(site: Site, tab: ChatPage, text: str) -> Gate:
    """Ask, and let the reply wait in its middle."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "after."))
    tab.ask(text)
    expect(tab.reply).to_contain_text("Before,")
    return gate


def streams(context: BrowserContext) -> list[str]:
    """The requests for a stream from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if STREAM.search(request.url):
            asked.append(request.url)

    context.on("request", note)
    return asked


def test_a_conversation_is_listed_in_other_tabs_as_soon_as_it_is_there(site: Site, tab: Tab) -> None:
    other = another(tab)
    gate = begin(site, other, "Coffee")
    sign = ", a reply is being written"
    expect(rows(tab.page)).to_have_text([f"Coffee{sign}", "Tea"])
    expect(rows(other.page)).to_have_text([f"Coffee{sign}", "Tea"])
    expect(rows(tab.page).last).to_have_attribute("aria-current", "page")
    gate.open()
    expect(rows(tab.page)).to_have_text(["Coffee", "Tea"])
    expect(rows(other.page)).to_have_text(["Coffee", "Tea"])
    expect(rows(other.page).first).to_have_attribute("aria-current", "page")


def test_a_reply_that_nobody_saw_is_new_until_it_is_looked_at(site: Site, tab: Tab) -> None:
    other = another(tab, tab.page.url)
    other.page.bring_to_front()
    gate = begin(site, tab, "And with milk?")
    address = tab.page.url
    tab.page.goto("/")
    other.hide_and_let_go()
    gate.open()
    expect(rows(tab.page)).to_have_text(["Tea, new reply"])
    reload = another(tab)
    expect(rows(reload.page)).to_have_text(["Tea, new reply"])
    reload.page.goto(address)
    expect(rows(reload.page)).to_have_text(["Tea"])
    expect(rows(tab.page)).to_have_text(["Tea"])


def test_a_new_reply_elsewhere_is_said_once(site: Site, tab: Tab) -> None:
    gate = begin(site, tab, "And with milk?")
    tab.page.goto("/")
    tab.page.bring_to_front()
    gate.open()
    expect(rows(tab.page)).to_have_text(["Tea, new reply"])
    expect(tab.announcer).to_have_text("Tea, new reply")


def test_what_is_done_with_a_conversation_is_seen_in_other_tabs(site: Site, tab: Tab) -> None:
    other = another(tab)
    converse(site, other, "Coffee")
    edit = another(tab, tab.page.url + "edit/").page
    edit.get_by_role("textbox", name="Title").fill("Green tea")
    edit.get_by_role("textbox", name="Title").press("Enter")
    expect(rows(other.page)).to_have_text(["Coffee", "Green tea"])
    expect(tab.page.get_by_role("heading", name="Green tea", level=1)).to_be_visible()
    expect(tab.page).to_have_title("Green tea · Chat")
    edit.goto(tab.page.url + "edit/")
    edit.get_by_role("button", name="Pin").click()
    expect(rows(other.page)).to_have_text(["Green tea", "Coffee"])
    expect(other.page.locator(".sidebar").get_by_role("list", name="Pinned")).to_be_visible()
    edit.goto(other.page.url + "edit/")
    edit.get_by_role("button", name="Archive").click()
    expect(rows(tab.page)).to_have_text(["Green tea"])


def test_the_focus_stays_on_its_conversation_when_the_list_moves(site: Site, tab: Tab) -> None:
    other = another(tab)
    rows(tab.page).first.focus()
    gate = begin(site, other, "Coffee")
    expect(rows(tab.page)).to_have_count(2)
    expect(rows(tab.page).last).to_be_focused()
    gate.open()
    expect(rows(tab.page)).to_have_text(["Coffee", "Tea"])
    expect(rows(tab.page).last).to_be_focused()


def test_a_browser_has_one_stream_however_many_tabs(site: Site, watch: Watch) -> None:
    asked = streams(watch.page.context)
    first = Tab(watch.page.context)
    first.open()
    converse(site, first, "Tea")
    expect(rows(first.page)).to_have_text(["Tea"])
    before = len(asked)  # the first was for a guest who was not known yet
    tabs = [another(first) for _ in range(3)]
    converse(site, tabs[0], "Coffee")
    for tab in (first, *tabs):
        expect(rows(tab.page)).to_have_text(["Coffee", "Tea"])
    assert len(asked) == before


@pytest.mark.parametrize("how", ["closed", "hidden"])
def test_another_tab_takes_over(site: Site, tab: Tab, how: str) -> None:
    second, third = another(tab), another(tab)
    asked = streams(tab.page.context)
    with tab.page.context.expect_event("request", lambda request: bool(STREAM.search(request.url))):
        tab.page.close() if how == "closed" else tab.hide()
    converse(site, second, "Coffee")
    expect(rows(third.page)).to_have_text(["Coffee", "Tea"])
    assert len(asked) == 1


def test_a_tab_that_was_hidden_is_up_to_date_when_shown(site: Site, tab: Tab) -> None:
    other = another(tab)
    for one in (tab, other):
        one.page.evaluate("BroadcastChannel.prototype.postMessage = () => {}")
    tab.hide()
    converse(site, other, "Coffee")
    other.page.close()
    tab.show()
    expect(rows(tab.page)).to_have_text(["Coffee", "Tea"])


def test_where_there_are_no_locks_each_tab_has_a_stream(site: Site, watch: Watch) -> None:
    """As on a local network, without TLS."""
    watch.page.context.add_init_script("delete Navigator.prototype.locks")
    first = Tab(watch.page.context)
    first.open()
    converse(site, first, "Tea")
    second = another(first)
    converse(site, second, "Coffee")
    expect(rows(first.page)).to_have_text(["Coffee", "Tea"])


def test_the_stream_comes_back_with_the_server(start_site: SiteStarter, watch: Watch) -> None:
    site = start_site()
    watch.expect("ERR_|Failed to load resource")
    tab, other = Tab(watch.page.context), Tab(watch.page.context)
    tab.open(site.url)
    converse(site, tab, "Tea")
    other.open(site.url)
    asked = streams(watch.page.context)
    site.server.stop()
    site.server.start()
    converse(site, other, "Coffee")
    expect(rows(tab.page)).to_have_text(["Coffee", "Tea"])
    assert asked


def test_a_temporary_conversation_is_in_no_tabs_list(site: Site, tab: Tab) -> None:
    other = another(tab, "/?temporary=1")
    converse(site, other, "A secret")
    converse(site, tab, "And with milk?")
    for page in (tab.page, other.page):
        expect(rows(page)).to_have_text(["Tea"])


def test_the_drawers_list_is_live_on_a_phone(site: Site, tab: Tab) -> None:
    other = another(tab)
    tab.page.set_viewport_size({"width": 320, "height": 640})
    tab.page.get_by_role("banner").locator("summary").click()
    gate = begin(site, other, "Coffee")
    shown = tab.page.locator(".drawer-panel [data-groups] li > a:first-child")
    expect(shown).to_have_text(["Coffee, a reply is being written", "Tea"])
    expect(shown.first).to_be_visible()
    gate.open()
    expect(shown).to_have_text(["Coffee", "Tea"])
