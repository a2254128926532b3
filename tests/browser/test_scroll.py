"""Where the page is while text comes: at the newest, or where its reader has gone."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import EndlessTokens, Reasoning, Reply

LINES = [f"Line {number}.\n\n" for number in range(60)]
MORE_TEXT = "(length) => document.querySelector('[data-body]').textContent.length > length"


def ask_for_text_that_flows(site: Site, chat: ChatPage) -> None:
    """A reply longer than the window, which grows for as long as the test lasts; its reader is at its end."""
    site.upstream.enqueue(Reply(*LINES, EndlessTokens("and so on ", every=0.02)))
    chat.ask("Go")
    expect(chat.body).to_contain_text("and so on")
    chat.jump_button.click()
    chat.page.mouse.move(600, 300)


def let_text_come(chat: ChatPage) -> None:
    """Wait until the page has shown more of the reply than it does now."""
    chat.page.wait_for_function(MORE_TEXT, arg=len(chat.body.inner_text()))


def top(chat: ChatPage) -> float:
    """How far the last question is from the top of the window."""
    place: float = chat.questions.last.evaluate("(question) => question.getBoundingClientRect().top")
    return place


@pytest.mark.parametrize("length", [1, 60])
def test_a_message_goes_to_the_top_and_stays_there(site: Site, chat: ChatPage, length: int) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(*LINES), Reply("First.\n\n", gate, *LINES[:length], "The end."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.ask("Go on")
    gate.wait_until_reached()
    expect(chat.body).to_contain_text("First.")
    expect(chat.questions.last).to_be_in_viewport()
    place = top(chat)
    assert 0 < place < 100
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_contain_text("The end.")
    assert top(chat) == place


def test_new_text_does_not_undo_small_upward_scrolls(site: Site, chat: ChatPage) -> None:
    ask_for_text_that_flows(site, chat)
    expect(chat.jump_button).to_be_hidden()
    before = chat.page.evaluate("scrollY")
    for _ in range(30):  # as a trackpad has it
        chat.page.mouse.wheel(0, -20)
        let_text_come(chat)
    expect(chat.jump_button).to_be_visible()
    assert chat.page.evaluate("scrollY") < before - 400


def test_the_arrow_keys_lead_up_while_text_comes(site: Site, chat: ChatPage) -> None:
    ask_for_text_that_flows(site, chat)
    chat.prompt.blur()
    before = chat.page.evaluate("scrollY")
    for _ in range(6):
        chat.page.keyboard.press("ArrowUp")
        let_text_come(chat)
    expect(chat.jump_button).to_be_visible()
    assert chat.page.evaluate("scrollY") < before - 100


def test_scrolling_near_the_end_follows_text_again(site: Site, chat: ChatPage) -> None:
    ask_for_text_that_flows(site, chat)
    chat.page.mouse.wheel(0, -600)
    expect(chat.jump_button).to_be_visible()
    chat.page.mouse.wheel(0, 100_000)
    expect(chat.jump_button).to_be_hidden()
    before = chat.page.evaluate("scrollY")
    chat.page.wait_for_function("(before) => scrollY > before + 50", arg=before)
    assert chat.distance_to_bottom() < 1


def test_new_text_does_not_move_a_scrolled_page(site: Site, chat: ChatPage) -> None:
    first, second = site.upstream.gate(), site.upstream.gate()
    site.upstream.enqueue(Reply(*LINES, first, *LINES, "Middle.\n\n", second, *LINES, "The end."))
    chat.ask("Go")
    first.wait_until_reached()
    chat.jump_button.click()
    expect(chat.body.get_by_text("Line 59.")).to_be_in_viewport()
    expect(chat.jump_button).to_be_hidden()
    chat.page.mouse.move(600, 300)
    chat.page.mouse.wheel(0, -600)
    expect(chat.jump_button).to_be_visible()
    place = chat.page.evaluate("scrollY")
    first.open()
    expect(chat.body.get_by_text("Middle.")).to_be_attached()
    assert chat.page.evaluate("scrollY") == place
    chat.jump_button.click()
    expect(chat.jump_button).to_be_hidden()
    second.open()
    chat.expect_status("done")
    expect(chat.body.get_by_text("The end.")).to_be_in_viewport()


def test_typing_does_not_move_a_scrolled_page(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(*LINES))
    chat.ask("Go")
    chat.expect_status("done")
    chat.jump_button.click()
    chat.page.mouse.move(600, 300)
    chat.page.mouse.wheel(0, -600)
    expect(chat.jump_button).to_be_visible()
    place = chat.page.evaluate("scrollY")
    chat.prompt.press_sequentially("And what about this?")
    expect(chat.prompt).to_have_value("And what about this?")
    assert chat.page.evaluate("scrollY") == place


def test_the_end_stays_visible_when_the_box_grows(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(*LINES))
    chat.ask("Go")
    chat.expect_status("done")
    chat.jump_button.click()
    before = chat.page.evaluate("scrollY")
    chat.prompt.fill("line\n" * 6)
    chat.page.wait_for_function("(before) => scrollY > before + 50", arg=before)
    assert chat.distance_to_bottom() < 1


def test_a_reader_who_unfolds_something_is_left_there(site: Site, chat: ChatPage) -> None:
    lines = [Reasoning(f"Line {n}.\n") for n in range(60)]
    site.upstream.enqueue(Reply(*lines, *LINES[:20]))
    chat.ask("Go")
    chat.expect_status("done")
    summary = chat.reply.get_by_text("Reasoning", exact=True)
    summary.click()
    expect(chat.reply.get_by_text("Line 59.")).to_be_visible()
    expect(summary).to_be_in_viewport()
