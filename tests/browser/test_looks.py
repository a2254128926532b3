"""How the page looks, where that can be measured."""

from playwright.sync_api import expect

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
