"""What a person takes along, shows to others, and thinks of a reply."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Reply


@pytest.fixture(params=["chat", "plain"])
def chat(request: pytest.FixtureRequest) -> ChatPage:
    """With script, and without."""
    found: ChatPage = request.getfixturevalue(f"{request.param}_page")
    return found


@pytest.fixture
def chat_page(page: Page, watch: Watch) -> ChatPage:
    watch.expect("status of (400|404)")
    return ChatPage(page).open()


@pytest.fixture
def plain_page(plain: ChatPage) -> ChatPage:
    return plain


def begin(site: Site, chat: ChatPage, title: str, *said: str) -> None:
    site.upstream.enqueue(Reply(*said))
    chat.prompt.fill(title)
    chat.send_button.click()
    expect(chat.body).to_have_text("".join(said))


def expect_to_fit(page: Page) -> None:
    """On a phone nothing is wider than the window."""
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 720})


def test_a_chat_is_exported_and_imported_again(site: Site, chat: ChatPage, tmp_path: Path) -> None:
    page = chat.page
    begin(site, chat, "Tea", "A drink.")
    page.goto("/c/")
    page.get_by_role("link", name="Export and import").click()
    expect_to_fit(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Export all chats as JSON").click()
    file = tmp_path / "chats.json"
    waiting.value.save_as(file)

    page.get_by_label("A file that was exported as JSON").set_input_files(file)
    page.get_by_role("button", name="Import").press("Enter")

    expect(page.get_by_role("status")).to_have_text("1 chat was imported.")
    expect(page.get_by_role("link", name="Tea", exact=True)).to_have_count(2)
    page.get_by_role("link", name="Tea", exact=True).first.click()
    expect(chat.body).to_have_text("A drink.")


def test_a_file_that_is_none_is_refused_beside_the_form(chat: ChatPage) -> None:
    page = chat.page
    page.goto("/c/export/")
    page.get_by_label("A file that was exported as JSON").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": b'{"mapping": {}}'}
    )
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not a file that this site has exported.")
    expect_to_fit(page)


def test_somebody_else_reads_what_was_shared_and_goes_on(
    site: Site, chat: ChatPage, browser: Browser
) -> None:
    page = chat.page
    begin(site, chat, "Tea", "A drink.")
    page.goto("/c/")
    page.get_by_role("link", name="Edit Tea").click()
    page.get_by_role("link", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    expect_to_fit(page)
    address = page.get_by_label("Address of Tea").input_value()

    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    reader = context.new_page()
    reader.goto(address)
    expect(reader.get_by_role("article", name="Reply")).to_contain_text("A drink.")
    assert context.cookies() == []
    expect_to_fit(reader)
    reader.get_by_role("link", name="Go on from here").click()
    reader.get_by_role("button", name="Copy it and go on").click()
    expect(reader).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    expect(ChatPage(reader).body).to_have_text("A drink.")

    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_have_text("The link leads nowhere any more.")
    reader.goto(address)
    expect(reader.get_by_text("This link leads nowhere.")).to_be_visible()
    context.close()


def test_a_reply_has_details_and_takes_an_opinion(site: Site, chat: ChatPage) -> None:
    page = chat.page
    begin(site, chat, "Tea", "A ", "drink.")
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_role("definition").first).to_be_visible()
    expect(page.get_by_text("First token after")).to_be_visible()
    expect_to_fit(page)

    page.get_by_label("Bad").check()
    page.get_by_label("Why, if you like").fill("Too short.")
    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_role("status")).to_have_text("What you think of the reply was kept.")
    expect(page.get_by_label("Bad")).to_be_checked()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_label("Bad")).not_to_be_checked()
    page.get_by_role("link", name="Back to the reply").click()
    expect(chat.body).to_have_text("A drink.")


def test_one_press_below_a_reply_says_that_it_was_good(site: Site, chat_page: ChatPage) -> None:
    chat = chat_page
    begin(site, chat, "Tea", "A drink.")
    page = chat.page
    good, bad = (chat.reply.get_by_role("button", name=f"{name} reply") for name in ("Good", "Bad"))
    why = chat.reply.get_by_role("link", name="Say why")
    expect(why).to_be_hidden()
    good.press("Enter")
    expect(good).to_have_attribute("aria-pressed", "true")
    expect(good).to_be_focused()
    expect(chat.announcer).to_have_text("Your opinion was kept.")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(bad).to_have_attribute("aria-pressed", "true")
    why.click()
    expect(page.get_by_label("Bad")).to_be_checked()
    page.go_back()
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "false")
    expect(chat.announcer).to_have_text("Your opinion was forgotten.")
    expect(why).to_be_hidden()
    expect_to_fit(page)


def test_without_script_a_press_leads_to_the_details(site: Site, plain: ChatPage) -> None:
    site.upstream.enqueue(Reply("A drink."))
    plain.prompt.fill("Tea")
    plain.send_button.click()
    expect(plain.body).to_have_text("A drink.")
    plain.reply.get_by_role("button", name="Good reply").click()
    expect(plain.page.get_by_label("Good")).to_be_checked()
    plain.page.get_by_role("link", name="Back to the reply").click()
    plain.reply.get_by_role("button", name="Good reply").click()
    expect(plain.page.get_by_label("Good")).not_to_be_checked()


def test_a_temporary_chat_is_in_no_list_and_goes_at_once(site: Site, chat: ChatPage) -> None:
    page = chat.page
    expect_to_fit(page)
    page.get_by_role("link", name="Temporary chat").filter(visible=True).click()
    expect(page.get_by_text("This chat is temporary")).to_be_visible()
    expect_to_fit(page)
    begin(site, chat, "Canary", "A drink.")
    expect(page.get_by_role("link", name="Canary", exact=True)).to_have_count(0)
    page.reload()
    expect(chat.body).to_have_text("A drink.")
    expect(page.get_by_text("This chat is temporary")).to_be_visible()
    expect(page.get_by_role("link", name="Canary", exact=True)).to_have_count(0)

    page.get_by_role("button", name="Delete this chat now").click()

    expect(page.get_by_text("1 temporary chat is deleted.")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
