"""How the page looks, where that can be measured."""

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
