"""A person chooses the language of the page, and reads all of it in that."""

import re

from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Failure, Reply

MARKDOWN = "Ein Wort.\n\n```\n1\n```\n\n|1|\n|-|\n|2|"
ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,}")


def in_chinese(page: Page) -> ChatPage:
    chat = ChatPage(page).open()
    page.get_by_role("button", name="简体中文").filter(visible=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    chat.prompt = page.get_by_role("textbox", name="消息")
    return chat


def test_a_reply_is_written_in_a_page_of_the_chosen_language(site: Site, page: Page) -> None:
    chat = in_chinese(page)
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(MARKDOWN, gate, "\n\nEnde."))
    chat.ask("1")
    gate.wait_until_reached()
    expect(chat.announcer).to_have_text("回复已开始。")
    expect(chat.body.locator("pre")).to_have_attribute("aria-label", "代码")
    gate.open()
    chat.expect_status("done")
    expect(chat.announcer).to_have_text("回复已完成。")

    live = chat.markup
    page.reload()
    expect(chat.reply.get_by_role("button", name="复制回复")).to_be_visible()
    assert chat.markup == live


def test_an_error_is_told_in_the_chosen_language(site: Site, page: Page) -> None:
    chat = in_chinese(page)
    site.upstream.enqueue(Failure(401))
    chat.ask("1")
    chat.expect_status("failed")
    told = chat.reply.locator("[data-error-message]")
    expect(told).to_have_text("模型服务器没有接受本站的密钥。")
    page.reload()
    expect(told).to_have_text("模型服务器没有接受本站的密钥。")
    page.get_by_role("button", name="English").filter(visible=True).click()
    expect(told).to_have_text("The model's server did not accept this site's key.")


def test_a_page_in_chinese_fits_a_small_phone(site: Site, page: Page) -> None:
    in_chinese(page)
    page.set_viewport_size({"width": 320, "height": 600})
    for address in ("/", "/c/", "/c/export/", "/documents/", "/search/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        assert not ENGLISH.search(page.locator("body").inner_text()), address
