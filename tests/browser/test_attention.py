"""What the page says of a reply while nobody can see it grow, and what keys do."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.tab import Tab
from tests.site import Site
from tests.upstream import Reply


def test_long_thinking_is_counted_and_said(site: Site, page: Page) -> None:
    page.clock.install()
    chat = ChatPage(page).open()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(gate, "Yes."))
    chat.ask("Go")
    expect(chat.reply.get_by_text("Thinking")).to_be_visible()
    page.clock.run_for(5_000)
    expect(chat.reply.get_by_text("Thinking, 5 s")).to_be_visible()
    page.clock.run_for(16_000)
    expect(chat.announcer).to_have_text("Still thinking, after 20 seconds.")
    gate.open()
    page.clock.resume()
    chat.expect_status("done")


def test_a_hidden_tab_says_in_its_title_that_it_is_done(site: Site, watch: Watch) -> None:
    tab = Tab(watch.page.context, hidden_after=600_000)
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One, ", gate, "two."))
    tab.open().ask("Count")
    expect(tab.reply).to_contain_text("One,")
    tab.hide()
    gate.open()
    expect(tab.page).to_have_title("● Count · Chat")
    tab.show()
    expect(tab.page).to_have_title("Count · Chat")


def test_escape_stops_the_reply(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One, ", gate))
    chat.ask("Count")
    expect(chat.reply).to_contain_text("One,")
    chat.page.keyboard.press("Escape")
    chat.expect_status("stopped")


def test_a_question_mark_shows_what_keys_do(chat: ChatPage) -> None:
    keys = chat.page.get_by_role("dialog", name="Keys")
    chat.prompt.press("?")
    expect(chat.prompt).to_have_value("?")
    chat.prompt.blur()
    chat.page.keyboard.press("?")
    expect(keys).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    chat.page.keyboard.press("/")
    expect(chat.prompt).to_be_focused()
    chat.page.get_by_role("button", name="All keys").click()
    expect(keys).to_be_visible()


def test_a_theme_is_kept_and_other_pages_have_it(chat: ChatPage) -> None:
    for theme, scheme in (("Dark", "dark"), ("Light", "light")):
        chat.page.get_by_label("Theme").filter(visible=True).select_option(theme)
        expect(chat.page.locator("html")).to_have_attribute("data-theme", scheme)
        for path in (None, "/", "/accounts/login/"):
            if path:
                chat.page.goto(path)
            assert chat.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
        chat.open()
    expect(chat.page.get_by_label("Theme").filter(visible=True)).to_have_value("light")


def test_pages_are_compressed_and_streams_are_not(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.get("/").headers["content-encoding"] == "gzip"


def test_the_chosen_assistant_shows_in_forced_colours(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, forced_colors="active")
    chat = ChatPage(context.new_page()).open()
    chosen = chat.page.locator(".picker-choice[aria-current]")
    assert chosen.evaluate("choice => getComputedStyle(choice).outlineStyle") == "solid"
    context.close()
