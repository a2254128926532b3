"""The page around the reply: where one is, how one gets about, and what it does without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Reply, Reset


def test_an_empty_page_says_which_model_answers(site: Site, chat: ChatPage) -> None:
    expect(chat.page.get_by_role("heading", name="New chat")).to_be_visible()
    expect(chat.page.get_by_text(site.upstream.model)).to_be_visible()
    expect(chat.prompt).to_be_focused()


def test_an_example_is_one_click(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Very."))
    chat.page.get_by_role("button", name="What is the capital of France?").click()
    chat.expect_status("done")
    expect(chat.questions).to_contain_text("What is the capital of France?")
    expect(chat.page.get_by_text("What would you like to know?")).to_be_hidden()
    expect(chat.prompt).to_be_focused()


@pytest.mark.parametrize("slug", ["chat", "agent", "structured"])
def test_an_example_sends_the_words_that_it_shows(site: Site, chat: ChatPage, slug: str) -> None:
    chat.open(f"/?assistant={slug}")
    shown = chat.page.locator(".example").all_inner_texts()
    for words in shown:
        chat.open(f"/?assistant={slug}")
        site.upstream.enqueue(Reply("Very.", finish="length"))
        chat.page.get_by_role("button", name=words, exact=True).click()
        expect(chat.questions.locator("[data-text]")).to_have_text(words)
        chat.expect_status("done")
    sent = [[part["content"] for part in request.messages][-1] for request in site.upstream.requests]
    assert sent == shown


def test_a_lost_example_can_be_sent_again(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    chat.page.route("**/messages/**", lambda route: route.abort(), times=1)
    site.upstream.enqueue(Reply("Very."))
    chat.page.get_by_role("button", name="What is the capital of France?").click()
    expect(chat.notice).to_contain_text("could not be reached")
    chat.retry_button.click()
    chat.expect_status("done")
    expect(chat.questions).to_contain_text("What is the capital of France?")
    expect(chat.prompt).to_have_value("")


def test_an_example_by_keyboard_focuses_the_box(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Very."))
    chat.page.keyboard.press("Shift+Tab")
    expect(chat.page.locator(".example").last).to_be_focused()
    chat.page.keyboard.press("Enter")
    chat.expect_status("done")
    expect(chat.prompt).to_be_focused()


def test_an_impatient_click_asks_once(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Very."))
    chat.page.get_by_role("button", name="What is the capital of France?").dblclick()
    chat.expect_status("done")
    expect(chat.replies).to_have_count(1)


def test_a_new_conversation_gets_its_address_and_link(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("First."), Reply("Second."))
    chat.ask("What   is\nmy title?")
    chat.expect_status("done")
    expect(chat.page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
    expect(chat.page).to_have_title("What is my title? · Chat")
    current = chat.page.get_by_role("link", name="What is my title?")
    expect(current).to_have_attribute("aria-current", "page")
    chat.ask("And then?")
    expect(chat.replies).to_have_count(2)
    chat.expect_status("done")
    assert [message["content"] for message in site.upstream.requests[1].messages[1:]] == [
        "What   is\nmy title?",
        "First.",
        "And then?",
    ]
    chat.page.reload()
    expect(chat.replies).to_have_count(2)
    expect(chat.page).to_have_title("What is my title? · Chat")
    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.replies).to_have_count(0)
    current.click()
    expect(chat.replies).to_have_count(2)


def test_a_screen_reader_hears_begin_and_end_only(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("A token", gate, " and another."))
    chat.ask("Go")
    expect(chat.announcer).to_have_text("The reply has begun.")
    expect(chat.page.get_by_role("log")).to_have_attribute("aria-live", "off")
    gate.open()
    expect(chat.announcer).to_have_text("The reply is complete.")


def test_a_screen_reader_hears_of_a_failure(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("A token", Reset()))
    chat.ask("Go")
    expect(chat.announcer).to_have_text("The reply broke off before the model had finished it.")


def test_the_headings_tell_who_speaks(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("# Inside"))
    chat.ask("Outside")
    chat.expect_status("done")
    levels = chat.page.eval_on_selector_all(
        ":is(h1, h2, h3):not(dialog *)", "all => all.map(h => h.tagName + ' ' + h.textContent.trim())"
    )
    assert levels == ["H1 Outside", "H2 You", f"H2 {site.upstream.model}", "H3 Inside"]


def test_script_and_style_names_contain_their_hash(page: Page) -> None:
    # Otherwise a browser mixes what it has kept with what a deploy has changed.
    names: list[str] = []
    page.on("request", lambda request: names.append(request.url))
    ChatPage(page).open()
    expect(page.get_by_text("Enter sends")).to_be_visible()  # by the script
    assets = [name for name in names if name.endswith((".js", ".css"))]
    assert len(assets) > 20
    assert [name for name in assets if not re.search(r"\.[0-9a-f]{12}\.(?:js|css)$", name)] == []


def test_the_page_names_every_module_that_it_loads(page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if request.url.endswith(".js") else None)
    ChatPage(page).open()
    expect(page.get_by_text("Enter sends")).to_be_visible()  # by the script
    named = page.eval_on_selector_all("link[rel=modulepreload]", "links => links.map(link => link.href)")
    assert len(named) > 20
    at_first = [url for url in loaded if not re.search(r"/(?:live_list|list_rows)\.", url)]
    assert sorted(at_first) == sorted(named)  # once, and none besides


def test_everything_can_be_done_by_keyboard(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One ", gate, "two."), Reply("Again."))
    keys = chat.page.keyboard
    keys.type("Hello")
    keys.press("Enter")
    expect(chat.reply).to_contain_text("One")
    keys.press("Tab")
    expect(chat.stop_button).to_be_focused()
    keys.press("Enter")
    chat.expect_status("stopped")
    expect(chat.prompt).to_be_focused()
    while not chat.regenerate_button.evaluate("button => button === document.activeElement"):
        keys.press("Shift+Tab")
    keys.press("Enter")
    chat.expect_status("done")
    expect(chat.prompt).to_be_focused()


def test_the_first_link_leads_past_the_list(chat: ChatPage) -> None:
    skip = chat.page.locator("a, button, input, textarea, summary").first
    expect(skip).to_have_text("Skip to the message box")
    skip.focus()
    expect(skip).to_be_in_viewport()
    chat.page.keyboard.press("Enter")
    expect(chat.prompt).to_be_focused()


def test_without_script_a_reply_can_be_watched(site: Site, plain: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Rendered **already**.\n\nStill ", gate, "coming."))
    plain.prompt.fill("Hello")
    plain.send_button.click()
    expect(plain.page).to_have_url(re.compile("/c/"))
    expect(plain.body.locator("strong")).to_have_text("already")
    expect(plain.reply).to_contain_text("Still")
    gate.open()
    expect(plain.body).to_contain_text("Still coming.")
    expect(plain.send_button).to_be_visible()


def test_without_script_examples_stop_and_regenerate_work(site: Site, plain: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Going on ", gate, "and on."), Reply("Done."))
    plain.page.get_by_role("button", name="Why is the sky blue?").click()
    expect(plain.reply).to_contain_text("Going on")
    plain.stop_button.click()
    expect(plain.reply.get_by_text("Stopped.")).to_be_visible()
    plain.regenerate_button.click()
    expect(plain.body).to_have_text("Done.")


def test_without_script_an_error_has_a_page(plain: ChatPage) -> None:
    plain.page.context.clear_cookies()
    plain.prompt.fill("Hello")
    plain.send_button.click()
    expect(plain.page.get_by_role("heading", name="Not allowed")).to_be_visible()
    expect(plain.page.get_by_role("link", name="Go to the chat")).to_be_visible()


def test_a_phone_has_room_for_everything(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    chat = ChatPage(context.new_page()).open()
    wide = "| " + " | ".join(["a wide column"] * 12) + " |\n|" + "---|" * 12 + "\n\n"
    site.upstream.enqueue(Reply(f"{wide}```\n{'x' * 300}\n```\n\n{'y' * 300}"))
    chat.ask("A question that is not too short for the list of conversations")
    chat.expect_status("done")
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == 390
    expect(chat.send_button).to_be_in_viewport()
    link = chat.page.get_by_role("link", name="A question")
    expect(link).to_have_count(0)
    chat.page.get_by_title("Chats", exact=True).click()
    expect(link).to_be_visible()
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == 390
    context.close()
