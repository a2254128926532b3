"""What a model says to itself: seen while it is all that there is, then folded."""

from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Reasoning, Reply


def reasoning(chat: ChatPage) -> Locator:
    return chat.reply.locator("[data-reasoning-text]")


def summary(chat: ChatPage) -> Locator:
    return chat.reply.get_by_text("Reasoning", exact=True)


def test_reasoning_is_open_until_the_reply_begins(site: Site, chat: ChatPage) -> None:
    first, second = site.upstream.gate(), site.upstream.gate()
    site.upstream.enqueue(
        Reply(Reasoning("Let me "), first, Reasoning("think.\n\n<b>So</b>"), second, "The answer.")
    )
    chat.ask("Go")
    expect(reasoning(chat)).to_be_visible()
    expect(reasoning(chat)).to_have_text("Let me ")
    expect(chat.reply.get_by_text("Thinking")).to_be_hidden()
    first.open()
    expect(reasoning(chat)).to_have_text("Let me think.\n\n<b>So</b>", use_inner_text=True)
    second.open()
    chat.expect_status("done")
    expect(reasoning(chat)).to_be_hidden()
    expect(chat.body).to_have_text("The answer.")
    summary(chat).click()
    expect(reasoning(chat)).to_be_visible()


def test_reasoning_is_the_same_after_a_reload(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(Reasoning("One & <two>\n"), Reasoning(" three"), "Yes."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.expect_the_same_after_a_reload()
    expect(reasoning(chat)).to_be_hidden()
    summary(chat).click()
    expect(reasoning(chat)).to_have_text("One & <two>\n three", use_inner_text=True)


def test_a_reload_in_mid_reasoning_goes_on(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(Reasoning("Before "), gate, Reasoning("and after."), "Yes."))
    chat.ask("Go")
    expect(reasoning(chat)).to_have_text("Before ")
    chat.page.reload()
    expect(reasoning(chat)).to_be_visible()
    gate.open()
    chat.expect_status("done")
    expect(reasoning(chat)).to_be_hidden()
    expect(reasoning(chat)).to_have_text("Before and after.")
    chat.expect_the_same_after_a_reload()


def test_a_person_who_unfolds_the_reasoning_keeps_it(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(Reasoning("Hm."), gate, "Yes."))
    chat.ask("Go")
    expect(reasoning(chat)).to_be_visible()
    summary(chat).click()
    expect(reasoning(chat)).to_be_hidden()
    summary(chat).click()
    gate.open()
    chat.expect_status("done")
    expect(reasoning(chat)).to_be_visible()


def test_a_screen_reader_is_told_nothing_of_it(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(Reasoning("Secret thoughts."), gate, "Yes."))
    chat.ask("Go")
    expect(reasoning(chat)).to_be_visible()
    expect(chat.announcer).to_have_text("The reply has begun.")
    assert reasoning(chat).evaluate("text => text.closest('[aria-live]').ariaLive") == "off"
    gate.open()
    expect(chat.announcer).to_have_text("The reply is complete.")


def test_a_reply_stopped_while_reasoning_says_so(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(Reasoning("Hm."), gate, "Yes."))
    chat.ask("Go")
    expect(reasoning(chat)).to_be_visible()
    chat.stop_button.click()
    chat.expect_status("stopped")
    expect(chat.reply.get_by_text("Stopped.")).to_be_visible()
    expect(reasoning(chat)).to_be_hidden()
    live = chat.markup
    chat.page.reload()
    chat.expect_status("stopped")
    assert chat.markup == live
