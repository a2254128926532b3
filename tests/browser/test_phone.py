"""Everything has room on a phone."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import PATIENCE
from tests.site import Site
from tests.upstream import Reasoning, Reply, ToolCall

WIDTH = 390
LONG = "x" * 200


@pytest.fixture
def chat(browser: Browser, site: Site) -> Iterator[ChatPage]:
    context = browser.new_context(
        base_url=site.url, viewport={"width": WIDTH, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(PATIENCE)
    yield ChatPage(context.new_page())
    context.close()


def expect_to_fit(chat: ChatPage) -> None:
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == WIDTH
    expect(chat.prompt).to_be_in_viewport()


@pytest.mark.parametrize("slug", ["chat", "documents", "agent", "structured"])
def test_an_empty_page_fits(chat: ChatPage, slug: str) -> None:
    chat.open(f"/?assistant={slug}")
    expect(chat.page.get_by_role("navigation", name="Assistants").get_by_text("Chat")).to_be_in_viewport()
    expect(chat.jump_button).to_be_hidden()
    expect_to_fit(chat)


def test_what_is_typed_fits(chat: ChatPage) -> None:
    chat.open().prompt.fill(f"Look at https://example.org/{LONG}")
    expect_to_fit(chat)
    expect(chat.send_button).to_be_in_viewport(ratio=1)


def test_reasoning_and_steps_fit(site: Site, chat: ChatPage) -> None:
    call = ToolCall("calculator", (json.dumps({"expression": "1 + " * 60 + "1"}),))
    site.upstream.enqueue(Reply(Reasoning(LONG), call, finish="tool_calls"), Reply("Done."))
    chat.open("/?assistant=agent").ask("Go")
    chat.expect_status("done")
    chat.reply.get_by_text("Reasoning", exact=True).tap()
    chat.reply.get_by_text("Used 1 tool").tap()
    expect(chat.reply.get_by_text(LONG)).to_be_visible()
    expect(chat.reply.locator("[data-step-result]")).to_be_visible()
    expect_to_fit(chat)


def test_fields_fit(site: Site, chat: ChatPage) -> None:
    recipe = {"title": LONG, "servings": 2, "ingredients": [{"name": LONG, "amount": LONG}], "steps": [LONG]}
    site.upstream.enqueue(Reply(json.dumps(recipe)))
    chat.open("/?assistant=structured").ask("Go")
    chat.expect_status("done")
    chat.reply.get_by_text("JSON", exact=True).tap()
    expect(chat.reply.locator("[data-json-text]")).to_be_visible()
    expect_to_fit(chat)


def test_sources_fit(site: Site, chat: ChatPage) -> None:
    chat.page.goto("/documents/")
    chat.page.locator("input[type=file]").set_input_files(
        {"name": f"{LONG[:120]}.txt", "mimeType": "text/plain", "buffer": f"A harbour {LONG}".encode()}
    )
    chat.page.get_by_role("button", name="Upload").click()
    expect(chat.page.get_by_role("link", name="xxx")).to_be_visible()
    site.upstream.enqueue(Reply("Yes [1]."))
    chat.open("/?assistant=documents").ask("Is there a harbour?")
    chat.expect_status("done")
    chat.body.get_by_role("link", name="Source 1").tap()
    expect(chat.reply.locator("[data-source-text]")).to_be_in_viewport()
    expect_to_fit(chat)


def test_escape_or_a_tap_beside_closes_the_drawer(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Yes."))
    chat.open().ask("A question")
    chat.expect_status("done")
    opener = chat.page.get_by_title("Chats", exact=True)
    link = chat.page.get_by_role("link", name="A question")
    opener.tap()
    expect(link).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(opener).to_be_focused()
    opener.tap()
    expect(link).to_be_visible()
    chat.prompt.tap()
    expect(link).to_be_hidden()
    opener.tap()
    opener.tap()
    expect(link).to_be_hidden()


def test_tap_targets_are_large_enough_for_a_thumb(site: Site, chat: ChatPage) -> None:
    chat.open()
    expect_thumbs_to_fit(chat)
    site.upstream.enqueue(Reply(Reasoning("Hm."), "Cut", finish="length"))
    chat.ask("A question")
    chat.expect_status("done")
    chat.page.get_by_title("Chats", exact=True).tap()
    expect(chat.page.get_by_role("link", name="A question")).to_be_visible()
    expect_thumbs_to_fit(chat)


def expect_thumbs_to_fit(chat: ChatPage) -> None:
    heights: dict[str, float] = chat.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("a, button, summary, select")]
          .filter((element) => element.checkVisibility() && !element.closest("[data-body], .skip-link"))
          .map((element) => [element.textContent.trim() || element.name, element.offsetHeight]))"""
    )
    assert len(heights) > 4
    assert {name: height for name, height in heights.items() if height < 44} == {}


def test_enter_begins_a_new_line(site: Site, chat: ChatPage) -> None:
    chat.open().prompt.press_sequentially("One")
    chat.prompt.press("Enter")
    chat.prompt.press_sequentially("two")
    expect(chat.prompt).to_have_value("One\ntwo")
    expect(chat.prompt).to_have_attribute("enterkeyhint", "enter")
    site.upstream.enqueue(Reply("Yes."))
    chat.send_button.tap()
    chat.expect_status("done")
