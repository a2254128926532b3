"""The page in a small window, which a large one at 400 % zoom is, and on paper."""

import json

import pytest
from playwright.sync_api import Locator, ViewportSize, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Reply

ZOOMED: ViewportSize = {"width": 320, "height": 200}
ARABIC = "مرحبا بالعالم"


def answered(site: Site, chat: ChatPage, reply: str, *, question: str = "Go") -> None:
    site.upstream.enqueue(Reply(reply))
    chat.ask(question)
    chat.expect_status("done")


def direction(element: Locator) -> str:
    computed: str = element.evaluate("element => getComputedStyle(element).direction")
    return computed


def test_a_zoomed_page_leaves_room_for_the_conversation(site: Site, chat: ChatPage) -> None:
    answered(site, chat, "A paragraph.\n\n" * 30)
    chat.page.set_viewport_size(ZOOMED)
    chat.page.evaluate("scrollTo(0, 600)")
    assert chat.page.evaluate(
        "[10, 60, 100, 140, 190].every(y => document.elementFromPoint(160, y).closest('main'))"
    )
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == ZOOMED["width"]


@pytest.mark.parametrize("path", ["/documents/", "/?assistant=documents", "/accounts/login/", "/nothing/"])
def test_every_page_fits_into_320_pixels(chat: ChatPage, watch: Watch, path: str) -> None:
    watch.expect("404")
    chat.page.set_viewport_size(ZOOMED)
    chat.page.goto(path)
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == ZOOMED["width"]


def test_what_a_search_finds_fits_into_320_pixels(site: Site, chat: ChatPage) -> None:
    answered(
        site, chat, "Ten a month, says the guide. " * 5, question="What does the team plan cost in the guide?"
    )
    chat.page.set_viewport_size(ZOOMED)
    chat.page.goto("/search/?q=guide")
    expect(chat.page.locator("mark").first).to_be_visible()
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == ZOOMED["width"]


def test_right_to_left_text_has_its_direction(site: Site, chat: ChatPage) -> None:
    chat.prompt.fill(ARABIC)
    assert direction(chat.prompt) == "rtl"
    answered(site, chat, f"{ARABIC}\n\n- {ARABIC}\n\n```py\nx = 1\n```\n\nEnglish.", question=ARABIC)
    assert direction(chat.questions.locator("[data-text]")) == "rtl"
    assert direction(chat.body.locator("ul")) == "rtl"
    assert direction(chat.body.locator("pre")) == "ltr"
    assert direction(chat.page.locator("[data-title]")) == "rtl"
    assert direction(chat.page.get_by_role("link", name=ARABIC)) == "rtl"


def test_labels_of_fields_are_not_squeezed(site: Site, chat: ChatPage) -> None:
    recipe = {"title": "Soup", "servings": 2, "ingredients": [{"name": "x" * 80, "amount": "1"}], "steps": []}
    chat.page.set_viewport_size({"width": 1280, "height": 800})
    chat.open("/?assistant=structured")
    answered(site, chat, json.dumps(recipe))
    label = chat.reply.locator("dt", has_text="name").first
    lines = """label => {
      const text = document.createRange();
      text.selectNodeContents(label);
      return new Set([...text.getClientRects()].map(({ bottom }) => Math.round(bottom))).size;
    }"""
    assert label.evaluate(lines) == 1


@pytest.mark.parametrize("number", ["995", "2024", "9999", "12345", "123456789"])
def test_high_numbers_of_a_list_keep_all_their_digits(site: Site, chat: ChatPage, number: str) -> None:
    chat.page.set_viewport_size(ZOOMED)
    answered(site, chat, f"{number}. One\n" * 9)
    # A marker has no box that a script can ask for: the same text in the same type has.
    left = """item => {
      const probe = document.createElement("span");
      probe.textContent = `${item.parentElement.start + 8}. `;
      probe.style.cssText = "position: absolute; white-space: pre";
      item.append(probe);
      const { width } = probe.getBoundingClientRect();
      probe.remove();
      return item.getBoundingClientRect().left - width;
    }"""
    assert chat.body.locator("li").first.evaluate(left) >= 0


def test_paper_shows_what_was_said_and_all_of_it(site: Site, chat: ChatPage) -> None:
    answered(site, chat, f"Look:\n\n```\n{'long ' * 60}\n```\n")
    chat.page.emulate_media(media="print")
    for hidden in ("Copy code", "Regenerate", "Send"):
        expect(chat.page.get_by_role("button", name=hidden)).to_be_hidden()
    expect(chat.page.get_by_role("banner")).to_be_hidden()
    code = chat.body.locator("pre")
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")
