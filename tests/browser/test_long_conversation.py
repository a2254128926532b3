"""A conversation of many turns opens in a time that grows with it, and no faster."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Reply

COUNT_SEARCHES = """(() => {
  window.searches = 0;
  const search = Document.prototype.querySelector;
  Document.prototype.querySelector = function (...args) {
    window.searches += 1;
    return search.apply(this, args);
  };
})()"""


def open_with(page: Page, path: str, *, turns: int) -> dict[str, float]:
    """Open a conversation of one turn as if it had many; how often its opening did what takes the longer, the
    longer the page is."""

    def repeat(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=repeated(answer.text(), turns))

    page.route(f"**{path}", repeat)
    chat = ChatPage(page).open(path)
    expect(page.get_by_role("button", name="Copy reply")).to_have_count(turns)
    expect(chat.replies.last.get_by_role("button", name="Copy code")).to_be_in_viewport()
    page.unroute_all()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    measured = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return {"layouts": measured["LayoutCount"], "searches": page.evaluate("searches")}


def repeated(html: str, turns: int) -> str:
    """The page with its messages so many times, each with an id of its own."""

    def repeat(messages: re.Match[str]) -> str:
        return "".join(messages[0].replace('id="message-', f'id="message-{turn}-') for turn in range(turns))

    return re.sub(r"<article.*</article>(?=\s*</div>\s*</main>)", repeat, html, flags=re.DOTALL)


def test_a_long_page_does_slow_work_only_once(site: Site, page: Page) -> None:
    site.upstream.enqueue(Reply("Text.\n\n```python\nx = 1\n```\n"))
    chat = ChatPage(page).open()
    chat.ask("Go")
    chat.expect_status("done")
    path = "/c/" + page.url.split("/c/")[1]
    page.add_init_script(COUNT_SEARCHES)

    short = open_with(page, path, turns=5)
    long = open_with(page, path, turns=60)

    assert long["searches"] == short["searches"]
    assert long["layouts"] < short["layouts"] + 10
