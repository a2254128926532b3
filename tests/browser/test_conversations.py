"""The list of conversations, and what can be done with one."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Reply


def link(page: Page, title: str) -> Locator:
    return page.get_by_role("link", name=title, exact=True).filter(visible=True)


def begin(site: Site, chat: ChatPage, title: str) -> None:
    site.upstream.enqueue(Reply("Yes."))
    chat.open().ask(title)
    chat.expect_status("done")


def test_a_new_conversation_is_listed_under_today_and_can_be_edited_at_once(
    site: Site, chat: ChatPage
) -> None:
    page = chat.page
    expect(page.get_by_text("Your conversations will be listed here.").filter(visible=True)).to_be_visible()
    begin(site, chat, "Tea")
    expect(page.get_by_text("Your conversations will be listed here.").filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("list", name="Today").filter(visible=True)).to_be_visible()

    page.get_by_role("link", name="Edit", exact=True).filter(visible=True).press("Enter")

    expect(page.get_by_role("textbox", name="Title")).to_have_value("Tea")


@pytest.mark.parametrize("which", ["chat", "plain"])
def test_a_conversation_is_renamed_pinned_deleted_and_had_back(
    site: Site, which: str, request: pytest.FixtureRequest
) -> None:
    chat: ChatPage = request.getfixturevalue(which)
    page = chat.page
    for title in ("Tea", "Coffee"):
        site.upstream.enqueue(Reply("Yes."))
        chat.open().prompt.fill(title)
        chat.send_button.click()
        expect(chat.body).to_have_text("Yes.")
    page.goto("/c/")
    page.get_by_role("link", name="Edit Tea").click()
    page.get_by_role("textbox", name="Title").fill("Green tea")
    page.get_by_role("textbox", name="Title").press("Enter")
    expect(page.get_by_role("heading", name="Green tea", level=1)).to_be_visible()
    expect(link(page, "Green tea")).to_have_attribute("aria-current", "page")

    page.locator("li", has=link(page, "Green tea")).get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Pin").click()
    expect(page.get_by_role("list", name="Pinned").filter(visible=True)).to_be_visible()

    page.goto("/c/")
    page.get_by_role("link", name="Edit Coffee").click()
    page.get_by_role("button", name="Delete").click()
    expect(link(page, "Coffee")).to_have_count(0)
    page.get_by_role("button", name="Undo the deletion of Coffee").click()
    expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    expect(link(page, "Coffee")).to_be_visible()


@pytest.mark.parametrize("key", ["Control+k", "Meta+k"])
def test_one_key_leads_to_the_search_and_that_to_the_message(site: Site, chat: ChatPage, key: str) -> None:
    page = chat.page
    begin(site, chat, "Where is the harbour?")
    page.keyboard.press(key)
    box = page.get_by_role("searchbox", name="Words in your chats")
    expect(box).to_be_focused()

    box.press_sequentially("HARB")
    box.press("Enter")

    expect(page.locator("mark")).to_have_text(["harb", "harb"])
    page.locator(".found-message").click()
    expect(chat.questions).to_have_text(re.compile("Where is the harbour"))
