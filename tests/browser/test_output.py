"""A structured reply: its fields fill in while they are written."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site, SiteStarter
from tests.upstream import Reply

RECIPE = {
    "title": "Blueberry <b>pancakes</b>",
    "servings": 2,
    "ingredients": [{"name": "flour", "amount": "150 g"}, {"name": "milk", "amount": ""}],
    "steps": ['Say "ready".', "Eat_*them*_."],
}
TEXT = json.dumps(RECIPE, indent=1)


@pytest.fixture
def chat(page: Page) -> ChatPage:
    return ChatPage(page).open("/?assistant=structured")


def cut(text: str, at: str) -> tuple[list[str], list[str]]:
    """The text as tokens, before and after the place where `at` begins."""
    place = text.index(at)
    return list(text[:place]), list(text[place:])


def output(chat: ChatPage) -> Locator:
    return chat.reply.locator("[data-output]")


def field(chat: ChatPage, name: str) -> Locator:
    return output(chat).locator(f"dt:text-is('{name}') + dd").first


def test_unchanged_fields_are_left_alone(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    before, after = cut(TEXT, "em*_.")
    site.upstream.enqueue(Reply(*before, gate, *after))
    chat.ask("Pancakes")
    expect(field(chat, "title")).to_have_text("Blueberry <b>pancakes</b>")
    expect(field(chat, "ingredients").locator("li")).to_have_count(2)
    expect(field(chat, "steps").locator("li").last).to_have_text("Eat_*th")
    expect(chat.reply.get_by_text("Thinking")).to_be_hidden()
    title, step = field(chat, "title"), field(chat, "steps").locator("li .value").last
    title.evaluate("element => { window.title_ = element.querySelector('.value').firstChild }")
    step.evaluate(
        "element => { window.step = element.firstChild;"
        " getSelection().setBaseAndExtent(window.step, 0, window.step, 3) }"
    )
    gate.open()
    chat.expect_status("done")
    expect(field(chat, "steps").locator("li").last).to_have_text("Eat_*them*_.")
    assert chat.page.evaluate("title_.isConnected && step.isConnected && String(getSelection())") == "Eat"


def test_fields_are_the_same_after_a_reload(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(*TEXT))
    chat.ask("Pancakes")
    chat.expect_status("done")
    expect(output(chat).locator("dt")).to_have_text(
        ["title", "servings", "ingredients", "name", "amount", "name", "amount", "steps"]
    )
    chat.expect_the_same_after_a_reload()


def test_a_reload_in_mid_reply_goes_on_filling_in(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    before, after = cut(TEXT, "ur")
    site.upstream.enqueue(Reply(*before, gate, *after))
    chat.ask("Pancakes")
    expect(field(chat, "name")).to_have_text("flo")
    chat.page.reload()
    expect(field(chat, "name")).to_have_text("flo")
    gate.open()
    chat.expect_status("done")
    expect(field(chat, "name")).to_have_text("flour")
    chat.expect_the_same_after_a_reload()


def test_the_json_itself_is_folded_and_can_be_copied(site: Site, chat: ChatPage) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.upstream.enqueue(Reply(*TEXT))
    chat.ask("Pancakes")
    chat.expect_status("done")
    text = chat.reply.locator("[data-json-text]")
    expect(text).to_be_hidden()
    expect(chat.body).to_be_empty()
    chat.reply.get_by_text("JSON", exact=True).click()
    expect(text).to_be_visible()
    assert text.text_content() == TEXT
    chat.reply.get_by_role("button", name="Copy reply").click()
    expect(chat.reply.get_by_role("button", name="Copied")).to_be_visible()
    assert json.loads(chat.page.evaluate("navigator.clipboard.readText()")) == RECIPE


def test_a_failed_form_says_so_and_keeps_its_fields(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply('{"title": "Pancakes"}'))
    chat.ask("Pancakes")
    chat.expect_status("failed")
    expect(field(chat, "title")).to_have_text("Pancakes")
    expect(chat.reply.get_by_text("output_invalid")).to_be_visible()


def test_prose_with_an_output_stays_prose(start_site: SiteStarter, page: Page) -> None:
    site = start_site(settings={"CHAT_ASSISTANTS": "tests.browser.counting"})
    site.upstream.enqueue(Reply("Three **plain** ", "words."))
    chat = ChatPage(page).open(site.url)
    chat.ask("Say something")
    chat.expect_status("done")
    expect(chat.body.locator("strong")).to_have_text("plain")
    expect(field(chat, "words")).to_have_text("3")
    expect(field(chat, "share of all")).to_have_text("1")
    expect(chat.reply.get_by_text("JSON", exact=True)).to_be_hidden()
    chat.expect_the_same_after_a_reload()
