"""What can be done with a reply that has ended: copy it, go on with it, have another one."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.site import Site
from tests.upstream import Failure, Reply, Reset


def stop_after(site: Site, chat: ChatPage, *words: str) -> None:
    """Ask for a reply, and stop it after these words."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(*words, gate))
    chat.ask("Tell me.")
    gate.wait_until_reached()
    if words:
        expect(chat.reply).to_contain_text(words[-1].strip())
    chat.stop_button.click()
    chat.expect_status("stopped")


def test_a_stopped_reply_goes_on_where_it_stopped(site: Site, chat: ChatPage) -> None:
    stop_after(site, chat, "# Tale\n\nOnce upon ", "a ti")
    chat.prompt.fill("A draft")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("me ", gate, "*there was*."))
    chat.continue_button.click()
    expect(chat.reply).to_contain_text("Once upon a time")
    expect(chat.stop_button).to_be_visible()
    expect(chat.reply.get_by_text("Stopped.")).to_be_hidden()
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Tale Once upon a time there was.")
    expect(chat.replies).to_have_count(1)
    expect(chat.continue_button).to_be_hidden()
    expect(chat.prompt).to_have_value("A draft")
    expect(chat.reply.get_by_text("Version 2 of 2")).to_be_attached()
    chat.expect_the_same_after_a_reload()


def test_a_stopped_reply_can_be_continued_after_a_reload(site: Site, chat: ChatPage) -> None:
    stop_after(site, chat, "One, ")
    chat.page.reload()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("two, ", gate), Reply("three."))
    chat.continue_button.click()
    expect(chat.reply).to_contain_text("One, two,")
    chat.stop_button.click()
    chat.expect_status("stopped")
    chat.continue_button.click()
    chat.expect_status("done")
    expect(chat.body).to_have_text("One, two, three.")


def test_a_continued_reply_can_be_reloaded_midway(site: Site, chat: ChatPage) -> None:
    stop_after(site, chat, "One, ")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("two, ", gate, "three."))
    chat.continue_button.click()
    expect(chat.reply).to_contain_text("One, two,")
    chat.page.reload()
    chat.expect_status("running")
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("One, two, three.")


def test_a_reply_at_its_length_limit_can_be_continued(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Too lo", finish="length"), Reply("ng."))
    chat.ask("Go")
    chat.continue_button.click()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Too long.")


def test_an_empty_reply_does_not_offer_continue(site: Site, chat: ChatPage) -> None:
    stop_after(site, chat)
    expect(chat.regenerate_button).to_be_visible()
    expect(chat.continue_button).to_be_hidden()
    chat.page.reload()
    expect(chat.regenerate_button).to_be_visible()
    expect(chat.continue_button).to_be_hidden()


def test_continue_is_offered_only_where_it_works(site: Site, chat: ChatPage) -> None:
    chat.open("/?assistant=agent")
    stop_after(site, chat, "One, ")
    expect(chat.regenerate_button).to_be_visible()
    expect(chat.continue_button).to_have_count(0)


def test_another_reply_takes_the_place_of_a_finished_one(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("One."), Reply("Two."), Reply("Three."))
    chat.ask("Go")
    chat.expect_status("done")
    for text in ("Two.", "Three."):
        chat.regenerate_button.click()
        expect(chat.body).to_have_text(text)
        chat.expect_status("done")
    expect(chat.replies).to_have_count(1)
    expect(chat.reply.get_by_text("Version 3 of 3")).to_be_attached()
    chat.expect_the_same_after_a_reload()


def test_an_impatient_click_has_one_more_reply(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("One."), Reply("Two."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.regenerate_button.dblclick()
    expect(chat.body).to_have_text("Two.")
    chat.expect_status("done")
    assert len(site.upstream.requests) == 2


def test_every_reply_can_be_regenerated_and_the_newest_continued(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("One", finish="length"), Reply("Two", finish="length"))
    for _ in range(2):
        chat.ask("Go")
        chat.expect_status("done")
    expect(chat.replies).to_have_count(2)
    expect(chat.regenerate_button).to_have_count(2)
    expect(chat.continue_button).to_have_count(1)
    expect(chat.page.get_by_role("button", name="Copy reply")).to_have_count(2)


def test_the_actions_are_in_reach_of_the_keyboard(site: Site, chat: ChatPage) -> None:
    stop_after(site, chat, "One, ")
    site.upstream.enqueue(Reply("two."))
    keys = chat.page.keyboard
    expect(chat.prompt).to_be_focused()
    for button in (chat.regenerate_button, chat.continue_button):
        keys.press("Shift+Tab")
        expect(button).to_be_focused()
        expect(button).to_be_in_viewport()
    keys.press("Enter")
    chat.expect_status("done")
    expect(chat.body).to_have_text("One, two.")
    expect(chat.prompt).to_be_focused()


def test_without_script_a_stopped_reply_goes_on(site: Site, plain: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One, ", gate), Reply("two."))
    plain.prompt.fill("Count")
    plain.send_button.click()
    expect(plain.reply).to_contain_text("One,")
    plain.stop_button.click()
    expect(plain.reply.get_by_text("Stopped.")).to_be_visible()
    plain.continue_button.click()
    expect(plain.body).to_have_text("One, two.")
    expect(plain.replies).to_have_count(1)


def test_without_script_an_impatient_click_asks_once(site: Site, plain: ChatPage) -> None:
    site.upstream.enqueue(Reply("Very."))
    plain.page.get_by_role("button", name="What is the capital of France?").dblclick()
    expect(plain.body).to_have_text("Very.")
    assert len(site.upstream.requests) == 1
    expect(plain.page.get_by_role("link", name="What is the capital of France?")).to_have_count(1)


def test_without_script_going_back_sends_nothing_twice(site: Site, plain: ChatPage) -> None:
    site.upstream.enqueue(Reply("Yes."))
    key = plain.page.locator("#composer input[name=key]").get_attribute("value")
    plain.prompt.fill("Once")
    plain.send_button.click()
    expect(plain.body).to_have_text("Yes.")
    first = plain.page.url
    plain.page.go_back()
    plain.page.set_content(form(site, plain, key=str(key)))  # as a browser that keeps the page has it
    plain.page.get_by_role("button").click()
    expect(plain.body).to_have_text("Yes.")
    assert plain.page.url == first
    assert len(site.upstream.requests) == 1


def form(site: Site, plain: ChatPage, *, key: str) -> str:
    token = plain.page.locator("#composer input[name=csrfmiddlewaretoken]").get_attribute("value")
    fields = {"csrfmiddlewaretoken": token, "key": key, "assistant": "chat", "text": "Once"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    return f'<form method="post" action="{site.url}/messages/">{inputs}<button>Send</button></form>'


@pytest.mark.parametrize("ending", ["stopped", "failed"])
def test_a_reply_that_fails_leaves_the_good_one(site: Site, chat: ChatPage, ending: str) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Good."), Reply("Bad", gate, Reset()), Reply("Better."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.regenerate_button.click()
    gate.wait_until_reached()
    if ending == "stopped":
        chat.stop_button.click()
    else:
        gate.open()
    expect(chat.body).to_have_text("Good.")
    expect(chat.notice).to_contain_text("The reply before is kept.")
    chat.page.reload()
    expect(chat.body).to_have_text("Good.")
    chat.regenerate_button.click()
    expect(chat.body).to_have_text("Better.")


def test_a_reply_can_be_asked_for_again_after_one_failed(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Good."), Reply("Bad", Reset()), Reply("Better."))
    chat.ask("Go")
    chat.expect_status("done")
    chat.regenerate_button.click()
    expect(chat.notice).to_contain_text("The reply before is kept.")
    chat.regenerate_button.click()
    expect(chat.body).to_have_text("Better.")
    chat.expect_status("done")


def test_an_empty_reply_says_so(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(" "))
    chat.ask("Go")
    chat.expect_status("failed")
    expect(chat.reply.get_by_text("The model's reply was empty.")).to_be_visible()


def test_what_cannot_be_retried_does_not_offer_it(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Failure(401))
    chat.ask("Go")
    chat.expect_status("failed")
    expect(chat.retry_button).to_have_count(0)
    chat.page.reload()
    chat.expect_status("failed")
    expect(chat.retry_button).to_have_count(0)
