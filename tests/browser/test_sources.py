"""The documents that a reply draws on: numbered, cited, opened."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Reply

HARBOUR = "The harbour was dredged to a depth of nine metres in 1931. <img src=x onerror=alert(1)>"
FERRY = "From the harbour a ferry runs to the island four times a day."


@pytest.fixture
def chat(page: Page) -> ChatPage:
    for name, text in (("harbour.md", HARBOUR), ("ferry.txt", FERRY)):
        upload(page, name, text)
    return ChatPage(page).open("/?assistant=documents")


def upload(page: Page, name: str, text: str) -> None:
    page.goto("/documents/")
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def sources(chat: ChatPage) -> Locator:
    return chat.reply.locator("[data-source]")


def text_of(chat: ChatPage, number: int) -> Locator:
    return sources(chat).nth(number - 1).locator("[data-source-text]")


def test_sources_come_first_and_are_cited_by_number(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(
        Reply(gate, "Nine metres [1", "], and four ", "times a day [1, 2].\n\n", "Not [3], `[1]`, [0].")
    )
    chat.ask("What is known of the harbour?")
    expect(sources(chat)).to_have_count(2)
    gate.open()
    chat.expect_status("done")
    citations = chat.body.get_by_role("link")
    expect(citations).to_have_text(["[1]", "[1", "2]"])
    expect(chat.body).to_have_text("Nine metres [1], and four times a day [1, 2].\nNot [3], [1], [0].")
    chat.expect_the_same_after_a_reload()
    expect(citations).to_have_count(3)


def test_a_citation_opens_its_passage(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Nine metres [1] and four times [2]."))
    chat.ask("What is known of the harbour?")
    chat.expect_status("done")
    first = text_of(chat, 1).text_content()
    assert {first, text_of(chat, 2).text_content()} == {HARBOUR, FERRY}
    for number in (1, 2):
        expect(text_of(chat, number)).to_be_hidden()
        chat.body.get_by_role("link", name=f"Source {number}").click()
        expect(text_of(chat, number)).to_be_in_viewport()
        expect(sources(chat).nth(number - 1).locator("summary")).to_be_focused()
    expect(text_of(chat, 1).locator("img")).to_have_count(0)
    sources(chat).first.get_by_role("link", name="Show it in the document").click()
    expect(chat.page.get_by_text(first or "")).to_be_visible()
    assert "/documents/passages/" in chat.page.url


@pytest.mark.parametrize(("name", "bold"), [("tides.md", 1), ("tides.txt", 0)])
def test_an_opened_passage_of_markdown_is_rendered(site: Site, page: Page, name: str, bold: int) -> None:
    text = "# Tides\n\nThe tide turns at **nine** <b>x</b>.\n"
    upload(page, name, text)
    chat = ChatPage(page).open("/?assistant=documents")
    site.upstream.enqueue(Reply("At nine [1]."), Reply("At nine [1]."))
    for _ in range(2):  # as it was answered, and as the server shows it
        chat.ask("When does the tide turn?")
        chat.expect_status("done")
        assert text_of(chat, 1).text_content() == text
        with page.expect_response("**/documents/passages/**"):
            chat.body.get_by_role("link", name="Source 1").click()
        expect(text_of(chat, 1).locator("strong")).to_have_count(bold)
        expect(text_of(chat, 1)).to_contain_text("**nine** <b>x</b>" if not bold else "nine <b>x</b>")
        page.reload()


def test_a_passage_of_a_deleted_document_stays_as_it_was(site: Site, page: Page, watch: Watch) -> None:
    watch.expect("404")
    upload(page, "tides.md", "The tide turns at **nine**.")
    chat = ChatPage(page).open("/?assistant=documents")
    site.upstream.enqueue(Reply("At nine [1]."))
    chat.ask("When does the tide turn?")
    chat.expect_status("done")
    address = page.url
    page.goto("/documents/")
    page.get_by_text("Delete").first.click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("was deleted")).to_be_visible()
    page.goto(address)
    with page.expect_response("**/documents/passages/**"):
        chat.body.get_by_role("link", name="Source 1").click()
    expect(text_of(chat, 1)).to_have_text("The tide turns at **nine**.")


def test_a_citation_is_opened_by_keyboard(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Nine metres [1]."))
    chat.ask("How deep is the harbour?")
    chat.expect_status("done")
    citation = chat.body.get_by_role("link", name="Source 1")
    while not citation.evaluate("link => link === document.activeElement"):
        chat.page.keyboard.press("Shift+Tab")
    chat.page.keyboard.press("Enter")
    expect(text_of(chat, 1)).to_be_visible()
    chat.page.keyboard.press("Enter")
    expect(text_of(chat, 1)).to_be_hidden()


def test_a_reload_in_mid_reply_keeps_sources_and_citations(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Nine metres [1].\n\nAnd ", gate, "more [1]."))
    chat.ask("How deep is the harbour?")
    expect(chat.body.get_by_role("link")).to_have_count(1)
    chat.page.reload()
    expect(chat.body.get_by_role("link")).to_have_count(1)
    gate.open()
    chat.expect_status("done")
    expect(chat.body.get_by_role("link")).to_have_count(2)
    chat.expect_the_same_after_a_reload()


def test_a_person_without_documents_is_shown_where(page: Page) -> None:
    chat = ChatPage(page).open("/?assistant=documents")
    chat.ask("What do they say?")
    chat.expect_status("done")
    expect(chat.body).to_contain_text("Your documents")
    chat.page.get_by_role("link", name="Your documents").click()
    expect(chat.page).to_have_url(re.compile("/documents/$"))


def test_other_assistants_do_not_link_to_documents(page: Page) -> None:
    chat = ChatPage(page).open("/?assistant=chat")
    expect(chat.page.get_by_role("link", name="Your documents")).to_have_count(0)
