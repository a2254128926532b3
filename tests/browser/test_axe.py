"""What axe-core finds on the pages and their states, in both themes: nothing."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.test_steps import calculation
from tests.site import Site
from tests.upstream import Reasoning, Reply, Reset

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
FIND = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}"""
MARKDOWN = """\
# A table

| a | b |
|---|--:|
| 1 | 2 |

- [x] done
- [ ] to do, with `code` and a [link](https://example.org)

> A quotation[^1], and $$x^2$$.

[^1]: A note.

```python
print("a line that is longer than the window is wide on a phone, so that it has to be scrolled", 1, 2, 3)
```
"""

pytestmark = pytest.mark.skipif(
    not AXE.exists() and os.environ.get("TYPES_OF_SCRIPTS") != "required",
    reason="axe-core is not installed: `make lint-scripts` does that, where there is npm.",
)


@pytest.fixture(params=["light", "dark"])
def themed(page: Page, request: pytest.FixtureRequest) -> Page:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return page


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(FIND)
    return found


def test_a_new_chat_and_its_list_of_keys(themed: Page) -> None:
    chat = ChatPage(themed).open()
    assert faults(themed) == []
    chat.prompt.press("Tab")
    themed.get_by_role("button", name="All keys").click()
    expect(themed.get_by_role("dialog")).to_be_visible()
    assert faults(themed) == []


def test_a_reply_as_it_is_written_and_finished(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(Reasoning("It is a question.\n" * 40), MARKDOWN, gate, "The end."))
    chat.ask("Show me " + "everything " * 20)
    gate.wait_until_reached()
    expect(chat.body.get_by_role("button", name="Copy code")).to_be_visible()
    assert faults(themed) == []
    gate.open()
    chat.expect_status("done")
    chat.reply.get_by_text("Reasoning", exact=True).click()
    assert faults(themed) == []


def test_a_reply_that_failed(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open()
    site.upstream.enqueue(Reply("Half of ", Reset()))
    chat.ask("Go")
    chat.expect_status("failed")
    assert faults(themed) == []


def test_a_message_that_is_refused(themed: Page, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    chat = ChatPage(themed).open()
    themed.context.set_offline(True)
    chat.ask("Hello?")
    expect(chat.notice).to_be_visible()
    assert faults(themed) == []


def test_fields_and_their_json(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open("/?assistant=structured")
    site.upstream.enqueue(Reply('{"title": "Pancakes", "servings": 2, "steps": ["Mix.", "Bake."]}'))
    chat.ask("Go")
    expect(chat.reply.get_by_text("JSON", exact=True)).to_be_visible()
    chat.reply.get_by_text("JSON", exact=True).click()
    assert faults(themed) == []


def test_steps_with_a_long_result(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open("/?assistant=agent")
    site.upstream.enqueue(Reply(calculation("6 * 7"), finish="tool_calls"), Reply("It is 42."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.reply.get_by_text("Used 1 tool", exact=True).click()
    assert faults(themed) == []


def test_documents_their_passages_and_sources(site: Site, themed: Page) -> None:
    themed.goto("/documents/")
    assert faults(themed) == []
    themed.locator("input[type=file]").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"The harbour is deep. " * 400}
    )
    themed.get_by_role("button", name="Upload").click()
    expect(themed.get_by_role("link", name="a.txt")).to_be_visible()
    assert faults(themed) == []
    chat = ChatPage(themed).open("/?assistant=documents")
    site.upstream.enqueue(Reply("Deep [1]."))
    chat.ask("How deep is the harbour?")
    chat.expect_status("done")
    chat.body.get_by_role("link", name="Source 1").click()
    assert faults(themed) == []
    chat.reply.get_by_role("link", name="Show it in the document").first.click()
    expect(themed.get_by_role("heading", name="a.txt")).to_be_visible()
    assert faults(themed) == []


def test_what_can_be_done_with_a_chat(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open()
    site.upstream.enqueue(Reply("Yes."))
    chat.ask("Go")
    chat.expect_status("done")
    themed.goto("/search/?q=yes")
    expect(themed.locator("mark")).to_have_text("Yes")
    assert faults(themed) == []
    themed.go_back()
    themed.get_by_role("link", name="Edit", exact=True).filter(visible=True).click()
    expect(themed.get_by_role("button", name="Rename")).to_be_visible()
    assert faults(themed) == []
    themed.get_by_role("button", name="Delete").click()
    expect(themed.get_by_role("button", name="Undo")).to_be_visible()
    assert faults(themed) == []


def test_what_is_kept_shared_and_judged(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open()
    site.upstream.enqueue(Reply(MARKDOWN))
    chat.ask("Go")
    chat.expect_status("done")
    address = themed.url
    themed.get_by_role("link", name="Details").click()
    expect(themed.get_by_role("button", name="Keep it")).to_be_visible()
    assert faults(themed) == []
    themed.goto(f"{address}share/")
    themed.get_by_role("button", name="Make a link").click()
    expect(themed.get_by_role("button", name="Revoke")).to_be_visible()
    assert faults(themed) == []
    themed.get_by_role("link", name="Look at it").click()
    expect(themed.get_by_role("article", name="Reply")).to_be_visible()
    assert faults(themed) == []
    themed.goto(f"{themed.url}copy/")
    expect(themed.get_by_role("button", name="Copy it and go on")).to_be_visible()
    assert faults(themed) == []
    themed.goto("/c/export/")
    assert faults(themed) == []


def test_versions_and_a_message_that_is_edited(site: Site, themed: Page) -> None:
    chat = ChatPage(themed).open()
    site.upstream.enqueue(Reply("Yes."), Reply("No."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.regenerate_button.click()
    expect(chat.reply.get_by_role("link", name="Previous version")).to_be_visible()
    chat.questions.last.get_by_role("link", name="Edit message").click()
    expect(chat.questions.last.get_by_role("textbox")).to_be_focused()
    assert faults(themed) == []
    themed.goto("/messages/" + themed.url.partition("?leaf=")[2] + "/edit/")
    expect(themed.get_by_role("heading", name="Edit your message")).to_be_visible()
    assert faults(themed) == []


def test_all_chats_sign_in_and_what_does_not_exist(themed: Page, watch: Watch) -> None:
    watch.expect("404")
    for path in ("/c/", "/c/archived/", "/search/?q=tea", "/accounts/login/", "/nothing/"):
        themed.goto(path)
        assert faults(themed) == [], path
