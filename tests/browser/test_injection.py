"""Whatever a person or a model writes is text. Nobody else is told about it."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Reasoning, Reply, ToolCall

SCRIPTS = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg/onload=\"document.title='owned'\">",
    "</textarea></article><script>document.title='owned'</script>",
]
FOREIGN = "script, img, textarea, svg:not(.icon), svg[onload], svg.icon > :not(use)"
"""What no reply may bring. Icons are the page's own."""


def expect_text_only(chat: ChatPage, text: str) -> None:
    for place in (chat.questions.last, chat.body):
        expect(place).to_contain_text(text)
        expect(place.locator(FOREIGN)).to_have_count(0)
    assert "owned" not in chat.page.title().replace(text, "")


@pytest.mark.parametrize("text", SCRIPTS)
def test_script_in_prompt_title_and_reply_shows_as_text(site: Site, chat: ChatPage, text: str) -> None:
    site.upstream.enqueue(Reply(*text, "\n\n", *f"Then {text}", "\n\n```html\n", *text, "\n```\n"))
    chat.ask(text)
    chat.expect_status("done")
    expect_text_only(chat, text)
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(text)
    chat.page.reload()
    expect_text_only(chat, text)


def test_a_link_that_runs_script_is_not_a_link(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("[click](javascript:document.title='owned') <javascript:alert(1)>"))
    chat.ask("Go")
    chat.expect_status("done")
    expect(chat.body.locator("a")).to_have_count(0)


def test_a_remote_image_is_not_loaded(site: Site, chat: ChatPage) -> None:
    # The page is under watch: a request to another host fails the test.
    site.upstream.enqueue(
        Reply("![a cat](https://images.example/c.png?secret)\n\n<img src=//images.example>")
    )
    chat.ask("Go")
    chat.expect_status("done")
    expect(chat.body.locator("img")).to_have_count(0)
    link = chat.body.get_by_role("link", name="a cat")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    chat.page.reload()
    expect(link).to_be_visible()


@pytest.mark.parametrize("text", SCRIPTS)
def test_script_in_reasoning_and_tool_steps_shows_as_text(site: Site, chat: ChatPage, text: str) -> None:
    arguments = json.dumps({"expression": text}, separators=(",", ":"))
    call = ToolCall("calculator", (arguments,))
    site.upstream.enqueue(Reply(Reasoning(text), call, finish="tool_calls"), Reply("Done."))
    chat.open("/?assistant=agent").ask("Go")
    chat.expect_status("done")
    for _ in range(2):
        expect(chat.reply.locator("[data-reasoning-text]")).to_have_text(text)
        expect(chat.reply.locator("[data-step-input]")).to_have_text(arguments)
        expect(chat.reply.locator(FOREIGN)).to_have_count(0)
        chat.page.reload()


@pytest.mark.parametrize("text", SCRIPTS)
def test_script_in_fields_shows_as_text(site: Site, chat: ChatPage, text: str) -> None:
    site.upstream.enqueue(Reply(json.dumps({text: [text]})))
    chat.open("/?assistant=structured").ask("Go")
    chat.expect_status("failed")  # it is not the form
    for _ in range(2):
        expect(chat.reply.locator("dt")).to_have_text(text)
        expect(chat.reply.locator("dd")).to_have_text(text)
        expect(chat.reply.locator(FOREIGN)).to_have_count(0)
        chat.page.reload()
