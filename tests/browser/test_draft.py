"""What was typed and not sent: kept, moved with its conversation, and gone once it was sent."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.tab import Tab
from tests.chatsite.accounts.people import create_account
from tests.site import Site, SiteStarter
from tests.upstream import Reply

# As a phone ends a page that it has hidden: without a word.
NO_PAGEHIDE = "addEventListener('pagehide', (event) => event.stopImmediatePropagation())"


@pytest.fixture
def tab(watch: Watch) -> Tab:
    tab = Tab(watch.page.context, hidden_after=600_000)
    tab.open()
    return tab


def begin_another(chat: ChatPage) -> None:
    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.replies).to_have_count(0)
    expect(chat.page.get_by_text("Enter sends")).to_be_visible()  # by the script


def test_a_draft_outlives_a_reload_and_a_look_elsewhere(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Yes."))
    chat.ask("First")
    chat.expect_status("done")
    chat.prompt.fill("A draft")
    chat.page.reload()
    expect(chat.prompt).to_have_value("A draft")
    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.prompt).to_have_value("")
    chat.page.go_back()
    expect(chat.prompt).to_have_value("A draft")


def test_a_draft_sent_after_a_reload_does_not_return(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Yes."), Reply("Another yes."))
    chat.prompt.fill("Hello")
    chat.page.reload()
    expect(chat.prompt).to_have_value("Hello")
    chat.prompt.press("Enter")
    chat.expect_status("done")
    first = chat.page.url
    begin_another(chat)
    expect(chat.prompt).to_have_value("")
    chat.ask("Hello")
    chat.expect_status("done")
    expect(chat.body).to_have_text("Another yes.")
    assert chat.page.url != first


def test_a_draft_outlives_a_discarded_tab(tab: Tab) -> None:
    tab.page.add_init_script(NO_PAGEHIDE)
    tab.open()
    tab.prompt.fill("A draft")
    tab.hide()
    tab.open()
    expect(tab.prompt).to_have_value("A draft")


def test_a_draft_sent_after_hiding_does_not_return(site: Site, tab: Tab) -> None:
    tab.page.add_init_script(NO_PAGEHIDE)
    tab.open()
    site.upstream.enqueue(Reply("Yes."))
    tab.prompt.fill("Hello")
    tab.hide()
    tab.show()
    tab.prompt.press("Enter")
    tab.expect_status("done")
    begin_another(tab)
    expect(tab.prompt).to_have_value("")


def test_a_draft_follows_a_new_conversations_address(site: Site, tab: Tab) -> None:
    site.upstream.enqueue(Reply("Yes."))
    tab.hold_events()
    tab.ask("First")
    expect(tab.stop_button).to_be_visible()
    tab.prompt.fill("A draft")
    tab.hide()
    tab.show()
    tab.let_events_come()
    expect(tab.page).to_have_url(re.compile("/c/"))
    begin_another(tab)
    expect(tab.prompt).to_have_value("")
    tab.page.go_back()
    expect(tab.prompt).to_have_value("A draft")


def test_a_draft_is_there_in_another_tab_until_it_is_sent(site: Site, tab: Tab) -> None:
    site.upstream.enqueue(Reply("Yes."), Reply("Again."))
    tab.prompt.fill("A draft")
    tab.hide()
    other = Tab(tab.page.context)
    other.open()
    expect(other.prompt).to_have_value("A draft")
    tab.show()
    tab.prompt.press("Enter")
    tab.expect_status("done")
    expect(other.prompt).to_have_value("")
    other.ask("A draft")
    expect(other.body).to_have_text("Again.")


def test_a_tab_in_which_nothing_was_typed_leaves_drafts_alone(tab: Tab) -> None:
    other = Tab(tab.page.context)
    other.open()
    tab.prompt.fill("A draft")
    tab.hide()
    other.page.close(run_before_unload=False)
    tab.open()
    expect(tab.prompt).to_have_value("A draft")


def test_a_draft_outlives_the_browser(browser: Browser, site: Site) -> None:
    before = browser.new_context(base_url=site.url)
    ChatPage(before.new_page()).open().prompt.fill("A draft")
    before.pages[0].reload()
    after = browser.new_context(base_url=site.url, storage_state=before.storage_state())
    before.close()
    expect(ChatPage(after.new_page()).open().prompt).to_have_value("A draft")
    after.close()


def test_a_draft_outlives_a_page_that_dies_while_sending(site: Site, watch: Watch, chat: ChatPage) -> None:
    watch.expect("ERR_|Abort")
    chat.page.route("**/messages/**", lambda _: None)
    chat.ask("On its way")
    expect(chat.prompt).to_have_value("")
    chat.page.reload()
    expect(chat.prompt).to_have_value("On its way")


def test_an_example_leaves_a_draft_alone(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Very."), Reply("Yes."))
    chat.prompt.fill("A draft")
    chat.page.get_by_role("button", name="What is the capital of France?").click()
    chat.expect_status("done")
    expect(chat.questions).to_contain_text("What is the capital of France?")
    expect(chat.prompt).to_have_value("A draft")
    chat.prompt.press("Enter")
    expect(chat.body).to_have_text("Yes.")


def test_a_draft_is_hidden_from_the_next_person(start_site: SiteStarter, page: Page) -> None:
    site = start_site()
    for name in ("anna", "bob"):
        create_account(site, name, "canary-password")
    chat = sign_in(page, site, "anna")
    chat.prompt.fill("A secret")
    page.get_by_role("button", name="Sign out").click()

    chat = sign_in(page, site, "bob")

    expect(page.get_by_text("Enter sends")).to_be_visible()  # by the script
    expect(chat.prompt).to_have_value("")


def test_a_guests_draft_is_hidden_from_the_next_guest(start_site: SiteStarter, page: Page) -> None:
    site = start_site()
    create_account(site, "anna", "canary-password")
    ChatPage(page).open(site.url).prompt.fill("A secret")
    sign_in(page, site, "anna")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()

    chat = ChatPage(page).open(site.url)

    expect(page.get_by_text("Enter sends")).to_be_visible()  # by the script
    expect(chat.prompt).to_have_value("")


def sign_in(page: Page, site: Site, name: str) -> ChatPage:
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill("canary-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("complementary").get_by_text(name)).to_be_visible()
    return ChatPage(page).open(site.url)
