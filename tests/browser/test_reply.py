"""A reply on the page: it grows, it survives, it ends."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Reply, Reset

SOURCE = "1. Text \\\\( x \\\\)\n2. *More*\n\n```python\nx = 1\n```\n"
MARKDOWN = """\
Read it **in pieces**.

## First

- one
- two with `code`

```python
def f():
    return "<b>"
```

| a | b |
|---|--:|
| 1 | 2 |

See [the docs] and <https://example.org>.

[the docs]: https://docs.example.org
"""


def shown(chat: ChatPage) -> tuple[str, str]:
    return chat.body.inner_html(), chat.reply.inner_text()


def pieces(text: str, size: int = 3) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def test_a_reply_is_seen_growing(site: Site, chat: ChatPage) -> None:
    words = ["Tokens ", "come ", "one ", "after ", "another ", "here."]
    gates = [site.upstream.gate() for _ in words]
    site.upstream.enqueue(Reply(*[step for pair in zip(words, gates, strict=True) for step in pair]))
    chat.ask("How do tokens come?")
    seen = []
    for count, gate in enumerate(gates, start=1):
        expect(chat.reply).to_contain_text("".join(words[:count]).strip())
        seen.append(chat.text)
        chat.expect_status("running")
        gate.open()
    chat.expect_status("done")
    assert [text.split() for text in seen] == ["".join(words[:count]).split() for count in range(1, 7)]


def test_finished_blocks_are_rendered_while_the_rest_is_written(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Some **bold** text.\n\n- item ", gate, "*one*"))
    chat.ask("Go")
    expect(chat.body.locator("strong")).to_have_text("bold")
    expect(chat.body.locator("li")).to_have_text("item")
    gate.open()
    expect(chat.body.locator("li em")).to_have_text("one")


def test_code_looks_like_code_before_its_fence_is_closed(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Code:\n\n```python\nimport ", gate, "this\n```\n\nDone."))
    chat.ask("Go")
    expect(chat.body.locator('.code[data-language="python"] code')).to_have_text("import")
    gate.open()
    expect(chat.body.locator('.code[data-language="python"] .k')).to_have_text("import")


def test_the_finished_reply_equals_what_a_reload_shows(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(*pieces(MARKDOWN)))
    chat.ask("Go")
    chat.expect_status("done")
    live = shown(chat)
    chat.page.reload()
    expect(chat.reply.get_by_role("button", name="Copy reply")).to_be_visible()
    assert shown(chat) == live
    assert "docs.example.org" in live[0]


@pytest.mark.parametrize("cut", [10, 40, 75, 100])
def test_a_reload_in_mid_reply_goes_on(site: Site, chat: ChatPage, cut: int) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(*pieces(MARKDOWN[:cut]), gate, *pieces(MARKDOWN[cut:])))
    chat.ask("Go")
    gate.wait_until_reached()
    expect(chat.page).to_have_url(re.compile("/c/"))
    chat.page.reload()
    chat.expect_status("running")
    expect(chat.stop_button).to_be_visible()
    gate.open()
    chat.expect_status("done")
    live = shown(chat)
    chat.page.reload()
    expect(chat.reply.get_by_role("button", name="Copy reply")).to_be_visible()
    assert shown(chat) == live
    assert len(site.upstream.requests) == 1


def test_a_page_whose_frames_stand_still_goes_on(site: Site, watch: Watch) -> None:
    # As in a hidden tab.
    watch.page.add_init_script("window.requestAnimationFrame = () => 0;")
    chat = ChatPage(watch.page).open()
    site.upstream.enqueue(Reply(*pieces(MARKDOWN)))
    chat.ask("Go")
    chat.expect_status("done")
    expect(chat.body.get_by_role("heading", name="First")).to_be_visible()


def test_a_failure_says_what_happened_and_can_be_retried(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Half of ", Reset()), Reply("All of it."))
    chat.ask("Go")
    chat.expect_status("failed")
    expect(chat.body).to_have_text("Half of")
    expect(chat.reply.get_by_text("upstream_incomplete")).to_be_visible()
    expect(chat.reply.get_by_text(re.compile("Reference [0-9a-f]{8}"))).to_be_visible()
    chat.retry_button.click()
    chat.expect_status("done")
    expect(chat.body).to_have_text("All of it.")
    expect(chat.replies).to_have_count(1)
    expect(chat.retry_button).to_be_hidden()


def test_a_failure_can_be_retried_after_a_reload(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(Reset()), Reply("Better."))
    chat.ask("Go")
    chat.expect_status("failed")
    chat.page.reload()
    chat.retry_button.click()
    expect(chat.body).to_have_text("Better.")


def test_a_reply_cut_at_its_length_limit_says_so(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Too lo", finish="length"))
    chat.ask("Go")
    expect(chat.reply.get_by_text("reached its length limit")).to_be_visible()
    chat.page.reload()
    expect(chat.reply.get_by_text("reached its length limit")).to_be_visible()


def test_the_page_waits_visibly_for_the_first_word(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("At last.", headers_after=gate))
    chat.ask("Go")
    expect(chat.reply.get_by_text("Thinking")).to_be_visible()
    gate.open()
    chat.expect_status("done")
    expect(chat.reply.get_by_text("Thinking")).to_be_hidden()


def test_code_and_replies_can_be_copied(site: Site, chat: ChatPage) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.upstream.enqueue(Reply(SOURCE))
    chat.ask("Go")
    chat.expect_status("done")
    for pressed, (name, copied) in enumerate((("Copy code", "x = 1\n"), ("Copy reply", SOURCE)), start=1):
        chat.reply.get_by_role("button", name=name).click()
        expect(chat.reply.get_by_role("button", name="Copied")).to_have_count(pressed)
        assert chat.page.evaluate("navigator.clipboard.readText()") == copied


def test_code_is_saved_as_a_file_of_its_language(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(SOURCE))
    chat.ask("Go")
    with chat.page.expect_download() as download:
        chat.reply.get_by_role("button", name="Save code").click()
    assert download.value.suggested_filename == "code.py"
    assert download.value.path().read_text() == "x = 1\n"


def test_long_lines_of_code_wrap_when_asked_also_as_they_come(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(f"```text\n{'word ' * 60}\n", gate, f"{'more ' * 60}\n```\n"))
    chat.ask("Go")
    wrap = chat.reply.get_by_role("button", name="Wrap lines")
    wrap.click()
    gate.open()
    chat.expect_status("done")
    expect(wrap).to_have_attribute("aria-pressed", "true")
    fits = "(code) => code.scrollWidth === code.clientWidth"
    assert chat.reply.locator("pre").evaluate(fits)
    wrap.click()
    assert not chat.reply.locator("pre").evaluate(fits)


def test_tools_of_code_are_one_stop_of_the_keyboard(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(SOURCE))
    chat.ask("Go")
    chat.expect_status("done")
    tools = [chat.reply.get_by_role("button", name=name) for name in ("Wrap lines", "Save code", "Copy code")]
    wrap, save, copy = tools
    keys = chat.page.keyboard
    copy.focus()
    keys.press("Shift+Tab")
    for tool in tools:
        expect(tool).not_to_be_focused()
    copy.focus()
    for key, focused in (("ArrowLeft", save), ("ArrowLeft", wrap), ("ArrowLeft", copy), ("ArrowRight", wrap)):
        keys.press(key)
        expect(focused).to_be_focused()
    keys.press("Enter")
    expect(wrap).to_have_attribute("aria-pressed", "true")
    keys.press("Tab")
    expect(chat.reply.get_by_role("group", name="Code", exact=True)).to_be_focused()
    keys.press("Shift+Tab")
    expect(wrap).to_be_focused()


def test_tools_of_long_code_stay_in_reach(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("```python\n", *["x = 1\n"] * 100, "```\n"))
    chat.ask("Go")
    chat.expect_status("done")
    chat.page.mouse.move(600, 300)
    chat.page.mouse.wheel(0, 900)
    expect(chat.jump_button).to_be_visible()
    expect(chat.reply.get_by_role("button", name="Copy code")).to_be_in_viewport(ratio=1)


def test_a_selection_stays_while_text_comes(site: Site, chat: ChatPage) -> None:
    first, second = site.upstream.gate(), site.upstream.gate()
    site.upstream.enqueue(Reply("- selected words", first, " and more\n\n", second, "Next."))
    chat.ask("Go")
    expect(chat.body.locator("li")).to_contain_text("selected words")
    chat.page.evaluate(
        "() => { const text = document.querySelector('[data-body] li').firstChild;"
        " getSelection().setBaseAndExtent(text, 0, text, 8) }"
    )
    first.open()
    expect(chat.reply).to_contain_text("and more")
    assert chat.page.evaluate("String(getSelection())") == "selected"
    second.open()
    chat.expect_status("done")
    assert chat.page.evaluate("String(getSelection())") == "selected"
