"""How the page looks, where that can be measured."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Reply

DISTANCES = """list => {
  const tops = [...list.querySelectorAll("li")].map((item) => item.getBoundingClientRect().top);
  return tops.slice(1).map((top, at) => Math.round(top - tops[at]));
}"""


def test_items_of_a_list_in_a_list_are_evenly_spaced(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("1. One\n2. Two\n   - A\n   - B\n3. Three\n"))
    chat.ask("Count")
    chat.expect_status("done")
    distances = chat.body.locator("ol").evaluate(DISTANCES)
    assert max(distances) - min(distances) <= 1, distances


def test_headings_are_larger_than_text_in_three_steps(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("# One\n\n## Two\n\n### Three\n\nText.\n"))
    chat.ask("Go")
    chat.expect_status("done")
    expect(chat.body.locator("p")).to_be_visible()
    sizes = chat.body.evaluate(
        "body => [...body.children].map(part => parseFloat(getComputedStyle(part).fontSize))"
    )
    assert sizes == sorted(set(sizes), reverse=True)


def test_the_box_of_a_task_stands_where_a_bullet_would(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("- [x] Done\n- [ ] To do\n"))
    chat.ask("Go")
    chat.expect_status("done")
    box = chat.body.get_by_role("checkbox").first
    assert box.evaluate(
        "box => box.getBoundingClientRect().left < box.closest('li').getBoundingClientRect().left"
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_way_to_the_latest_text_stands_beside_the_text(site: Site, chat: ChatPage, width: int) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    site.upstream.enqueue(Reply("A paragraph.\n\n" * 40))
    chat.ask("Go")
    chat.expect_status("done")
    chat.page.evaluate("scrollTo(0, 0)")
    expect(chat.jump_button).to_be_visible()
    box = chat.jump_button.bounding_box()
    assert box
    assert box["x"] + box["width"] <= width
    assert box["x"] > width * 0.8


def test_text_does_not_show_through_the_dock_in_forced_colours(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, forced_colors="active")
    chat = ChatPage(context.new_page()).open()
    dock = chat.page.get_by_role("contentinfo")
    assert dock.evaluate("dock => getComputedStyle(dock).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


@pytest.mark.parametrize(
    ("locale", "full", "medium"),
    [
        ("en-GB", r"Monday,? 5 May 2031 at 01:30", r"\d\d? \w+ 20\d\d, \d\d:\d\d"),
        ("zh-CN", r"2031年5月5日星期一 01:30", r"20\d\d年\d\d?月\d\d?日 \d\d:\d\d"),
    ],
)
def test_messages_say_when_they_were_written(
    site: Site, browser: Browser, locale: str, full: str, medium: str
) -> None:
    context = browser.new_context(base_url=site.url, locale=locale, timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.clock.set_fixed_time(datetime(2031, 5, 4, 16, 30, tzinfo=UTC))
    chat = ChatPage(page).open()
    chat.prompt = page.locator("[data-prompt]")  # it has another name in Chinese
    site.upstream.enqueue(Reply("Hello."))
    chat.ask("Hi")
    chat.expect_status("done")
    for message in (chat.questions, chat.reply):
        expect(message.locator("time")).to_have_text("01:30")
        expect(message.locator("time")).to_have_attribute("title", re.compile(full))
        expect(message.locator("time")).to_have_attribute("datetime", "2031-05-04T16:30:00.000Z")
    page.reload()  # the server's clock says another day
    for message in (chat.questions, chat.reply):
        expect(message.locator("time")).to_have_text(re.compile(f"^{medium}$"))
    context.close()


def test_a_long_message_of_ones_own_is_folded(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Too long."))
    chat.ask("A line.\n" * 60)
    chat.expect_status("done")
    for _ in range(2):  # as it was sent, and as the server shows it
        said = chat.questions.locator("[data-text]")
        opener = chat.questions.locator("summary")
        height = "said => said.clientHeight"
        assert said.evaluate(height) < 300
        opener.click()
        assert said.evaluate(height) > 1000
        expect(opener).to_have_text("Show less", use_inner_text=True)
        chat.page.reload()


def test_a_short_message_of_ones_own_is_not_folded(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Good."))
    chat.ask("A line.\n" * 5)
    chat.expect_status("done")
    for _ in range(2):
        expect(chat.questions.locator("summary")).to_be_hidden()
        chat.page.reload()


def test_title_and_model_are_centred_in_the_bar(chat: ChatPage) -> None:
    chat.page.set_viewport_size({"width": 1280, "height": 800})
    centre = "part => { const { top, bottom } = part.getBoundingClientRect(); return (top + bottom) / 2 }"
    centres = [chat.page.locator(part).evaluate(centre) for part in (".topbar", "[data-title]", ".model")]
    assert max(centres) - min(centres) <= 1, centres


def test_the_tools_of_code_cover_none_of_it(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(f"```python\n{'x = 1; ' * 40}\n```\n"))
    chat.ask("Go")
    chat.expect_status("done")
    tools = chat.body.locator(".code-tools").bounding_box()
    code = chat.body.locator("pre code").bounding_box()
    assert tools
    assert code
    assert tools["y"] + tools["height"] <= code["y"]


def test_code_is_wider_than_text_where_there_is_room(site: Site, chat: ChatPage) -> None:
    chat.page.set_viewport_size({"width": 1920, "height": 900})
    site.upstream.enqueue(Reply(f"{'Some text. ' * 40}\n\n```python\nx = 1\n```\n"))
    chat.ask("Go")
    chat.expect_status("done")
    text, code = chat.body.locator("p").bounding_box(), chat.body.locator(".code").bounding_box()
    assert text
    assert code
    assert code["width"] > 1.2 * text["width"]


def test_what_can_be_done_with_a_document_does_not_move_when_it_is_unfolded(chat: ChatPage) -> None:
    page = chat.page
    page.goto("/documents/")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"The harbour is deep."}
    )
    page.get_by_role("button", name="Upload").click()
    buttons = [page.locator(".document-delete > summary"), page.get_by_role("button", name="Leave out")]
    before = [button.bounding_box() for button in buttons]
    buttons[0].click()
    expect(page.get_by_role("button", name="Delete for good")).to_be_visible()
    assert [button.bounding_box() for button in buttons] == before
    buttons[1].click()
    expect(page.get_by_text("Left out of answers", exact=True)).to_be_visible()
