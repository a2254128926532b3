"""What is selected in a message is quoted in the message box."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Reply

SELECT = """element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def chat(site: Site, chat: ChatPage) -> ChatPage:
    """With one reply of two paragraphs."""
    site.upstream.enqueue(Reply("One and **two**.\n\nThree."))
    chat.ask("Count")
    chat.expect_status("done")
    return chat


def button(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("button", name="Quote")


def test_a_selection_is_quoted_by_a_button_beside_it(chat: ChatPage) -> None:
    chat.body.evaluate(SELECT)
    button(chat).click()
    expect(chat.prompt).to_have_value("> One and two.\n>\n> Three.\n\n")
    expect(chat.prompt).to_be_focused()
    expect(button(chat)).to_be_hidden()
    chat.page.keyboard.type("Why?")
    expect(chat.prompt).to_have_value("> One and two.\n>\n> Three.\n\nWhy?")
    chat.page.reload()
    expect(chat.prompt).to_have_value("> One and two.\n>\n> Three.\n\nWhy?")


def test_a_key_quotes_below_what_is_in_the_box(chat: ChatPage) -> None:
    chat.prompt.fill("A draft")
    chat.questions.first.locator("[data-text]").evaluate(SELECT)
    expect(button(chat)).to_be_visible()
    chat.prompt.evaluate("box => box.blur()")
    chat.page.keyboard.press("q")
    expect(chat.prompt).to_have_value("A draft\n\n> Count\n\n")


def test_what_is_no_text_of_a_message_is_not_quoted(chat: ChatPage) -> None:
    chat.body.evaluate(SELECT)
    expect(button(chat)).to_be_visible()
    chat.page.get_by_role("heading", level=1).evaluate(SELECT)
    expect(button(chat)).to_be_hidden()
    chat.body.evaluate(SELECT)
    expect(button(chat)).to_be_visible()
    chat.page.evaluate("getSelection().removeAllRanges()")
    expect(button(chat)).to_be_hidden()


def test_the_button_is_in_the_window_on_a_phone(chat: ChatPage) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 480})
    chat.body.evaluate(SELECT)
    expect(button(chat)).to_be_in_viewport(ratio=1)
