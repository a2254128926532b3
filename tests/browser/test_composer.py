"""The message box: keys, length, and what happens to the text when it cannot be sent."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site, SiteStarter
from tests.upstream import Reply

# What a screen reader is told, in the order of it.
HEAR = """() => {
  window.heard = [];
  for (const region of document.querySelectorAll("[role=status], [role=alert], output")) {
    const hear = new MutationObserver(() => heard.push(region.textContent));
    hear.observe(region, { childList: true, characterData: true, subtree: true });
  }
}"""


def hold_messages(chat: ChatPage) -> list[Route]:
    """Keep the next message on its way; it is in the list as soon as it is sent."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.route("**/messages/**", hold, times=1)
    return held


def test_enter_sends_and_shift_enter_begins_a_new_line(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Yes."))
    chat.prompt.type("one")
    chat.prompt.press("Shift+Enter")
    chat.prompt.type("two")
    chat.prompt.press("Enter")
    chat.expect_status("done")
    expect(chat.questions.locator("[data-text]")).to_have_text("one\ntwo", use_inner_text=True)
    expect(chat.prompt).to_have_value("")
    assert site.upstream.requests[0].messages[-1]["content"] == "one\ntwo"


@pytest.mark.parametrize("event", ["{isComposing: true}", "{keyCode: 229}"])
def test_enter_does_not_send_while_an_input_method_composes(chat: ChatPage, event: str) -> None:
    chat.prompt.fill("にほんご")
    chat.prompt.evaluate(
        f"(box) => box.dispatchEvent(new KeyboardEvent('keydown', Object.assign("
        f"{{key: 'Enter', bubbles: true, cancelable: true}}, {event})))"
    )
    expect(chat.prompt).to_have_value("にほんご")
    expect(chat.replies).to_have_count(0)


def test_nothing_is_sent_when_there_is_nothing(chat: ChatPage) -> None:
    chat.prompt.fill("  \n ")
    chat.prompt.press("Enter")
    expect(chat.replies).to_have_count(0)


def test_the_box_grows_with_its_text(chat: ChatPage) -> None:
    before = chat.prompt.bounding_box()
    chat.prompt.fill("line\n" * 6)
    after = chat.prompt.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > 3 * before["height"]


def test_what_is_too_long_is_counted_and_kept(chat: ChatPage) -> None:
    chat.prompt.fill("x" * 31_500)
    expect(chat.counter).to_have_text("500 characters left")
    chat.prompt.fill("\N{SLIGHTLY SMILING FACE}" * 31_990)
    expect(chat.counter).to_have_text("10 characters left")
    chat.prompt.fill("x" * 32_005)
    chat.prompt.press("Enter")
    expect(chat.counter).to_have_text("This is 5 characters too long.")
    expect(chat.replies).to_have_count(0)
    assert len(chat.prompt.input_value()) == 32_005


def test_what_was_too_long_leaves_no_complaint(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("Yes."))
    chat.prompt.fill("x" * 32_005)
    chat.prompt.press("Enter")
    expect(chat.counter).to_have_text("This is 5 characters too long.")
    chat.ask("Shorter?")
    chat.expect_status("done")
    assert chat.prompt.evaluate("box => box.checkValidity()")


def test_a_screen_reader_hears_when_room_gets_short(
    chat: ChatPage,
) -> None:
    chat.page.evaluate(HEAR)
    for length in (30_999, 31_500, 31_501, 31_502, 31_950, 31_951, 32_005, 32_006, 31_960, 10):
        chat.prompt.fill("x" * length)
        expect(chat.prompt).to_have_value("x" * length)
    assert chat.page.evaluate("heard") == [
        "500 characters left",
        "50 characters left",
        "This is 5 characters too long.",
        "40 characters left",
        "",
    ]


def test_a_busy_site_keeps_the_text(start_site: SiteStarter, watch: Watch) -> None:
    watch.expect("503")
    site = start_site(settings={"STREAM_MAX_STREAMS": "1"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Taking ", gate, "the place."), Reply("Now it is yours."))
    first = ChatPage(watch.page).open(site.url)
    first.ask("First")
    gate.wait_until_reached()
    second = ChatPage(watch.page.context.new_page()).open(site.url)
    second.ask("Second")
    expect(second.notice).to_contain_text("busy")
    expect(second.prompt).to_have_value("Second")
    expect(second.page.get_by_role("button", name=re.compile("Retry in [0-9]+ s"))).to_be_disabled()
    expect(second.notice.get_by_text("Retry")).to_have_count(0)  # it would be read out every second
    gate.open()
    first.expect_status("done")
    second.retry_button.click()
    expect(second.body).to_have_text("Now it is yours.")
    expect(second.notice).to_have_count(0)
    expect(second.prompt).to_have_value("")


def test_who_has_many_replies_written_is_told_whose_limit_that_is(
    start_site: SiteStarter, watch: Watch
) -> None:
    watch.expect("429")
    site = start_site(settings={"CHAT_REPLIES_AT_ONCE": "1"})
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Taking ", gate, "its time."), Reply("Now it is yours."))
    first = ChatPage(watch.page).open(site.url)
    first.ask("First")
    gate.wait_until_reached()
    second = ChatPage(watch.page.context.new_page()).open(site.url)
    second.ask("Second")
    expect(second.notice).to_contain_text("You can have 1 replies written at once.")
    expect(second.notice).not_to_contain_text("busy")
    expect(second.prompt).to_have_value("Second")
    gate.open()
    first.expect_status("done")
    second.retry_button.click()
    expect(second.body).to_have_text("Now it is yours.")


def test_a_message_stands_there_before_it_is_taken(site: Site, chat: ChatPage) -> None:
    held = hold_messages(chat)
    site.upstream.enqueue(Reply("Taken."))
    chat.ask("Hello?")
    expect(chat.questions).to_contain_text("Hello?")
    expect(chat.questions.get_by_text("Sending")).to_be_visible()
    expect(chat.prompt).to_have_value("")
    held[0].continue_()
    expect(chat.body).to_have_text("Taken.")
    expect(chat.questions.get_by_text("Sending")).to_be_hidden()


def test_what_is_refused_is_put_before_what_was_written_since(chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    held = hold_messages(chat)
    chat.ask("First")
    chat.prompt.fill("Second")
    held[0].abort()
    expect(chat.prompt).to_have_value("First\n\nSecond")
    expect(chat.questions).to_have_count(0)
    expect(chat.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()


def test_a_message_outlasts_the_replacement_of_its_server(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("503")
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "1"})

    chat.page.route("**/messages/**", refuse, times=2)
    site.upstream.enqueue(Reply("Taken."))
    chat.ask("Hello?")
    expect(chat.send_button).to_have_attribute("aria-disabled", "true")
    chat.expect_status("done")
    expect(chat.body).to_have_text("Taken.")
    expect(chat.notice).to_have_count(0)
    expect(chat.replies).to_have_count(1)
    assert len(refused) == 2


def test_unsent_text_is_kept(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    chat.page.context.set_offline(True)
    chat.ask("Hello?")
    expect(chat.notice).to_contain_text("could not be reached")
    expect(chat.prompt).to_have_value("Hello?")
    chat.page.context.set_offline(False)
    expect(chat.notice).to_contain_text("The connection is back. That was not sent yet.")
    site.upstream.enqueue(Reply("Hello."))
    chat.retry_button.click()
    expect(chat.body).to_have_text("Hello.")
    expect(chat.questions).to_have_count(1)


def test_a_retry_by_keyboard_focuses_the_box(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    chat.page.route("**/messages/**", lambda route: route.abort(), times=1)
    site.upstream.enqueue(Reply("Hello."))
    chat.ask("Hello?")
    chat.retry_button.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.prompt).to_be_focused()
    chat.expect_status("done")
    expect(chat.prompt).to_be_focused()


def test_a_refusal_is_shown_where_it_happened(chat: ChatPage, watch: Watch) -> None:
    watch.expect("403")
    chat.page.context.clear_cookies()
    chat.ask("Hello?")
    expect(chat.notice).to_contain_text("Reload")
    expect(chat.prompt).to_have_value("Hello?")
    expect(chat.retry_button).to_be_hidden()
