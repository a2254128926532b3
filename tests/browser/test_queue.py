"""What is sent while a reply is written: it waits above the message box, until the reply is done."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.site import Site
from tests.upstream import Gate, Reply


@pytest.fixture
def chat(chat: ChatPage) -> Iterator[ChatPage]:
    """It leaves nothing that waits: that would be sent in the middle of another test."""
    yield chat
    while chat.page.goto(chat.page.url) and "/c/" in chat.page.url and removes(chat).count():
        removes(chat).first.click()
        chat.page.reload()


def queue(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("region", name="Waiting messages")


def waiting(chat: ChatPage) -> Locator:
    """What waits."""
    return queue(chat).locator("[data-text]")


def removes(chat: ChatPage) -> Locator:
    return queue(chat).get_by_role("button", name="Remove")


def begin(site: Site, chat: ChatPage) -> Gate:
    """A reply that is being written until the gate is opened."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One", gate, "."))
    chat.ask("First")
    expect(chat.reply).to_contain_text("One")
    return gate


def test_what_is_sent_while_a_reply_is_written_waits_for_its_end(site: Site, chat: ChatPage) -> None:
    gate = begin(site, chat)
    expect(chat.send_button).to_be_hidden()
    chat.prompt.type("Second")
    expect(chat.send_button).to_be_visible()
    chat.prompt.press("Enter")
    expect(waiting(chat)).to_have_text(["Second"])
    expect(chat.prompt).to_have_value("")
    expect(chat.prompt).to_be_focused()
    expect(chat.announcer).to_have_text("Waits for the end of the reply.")
    expect(chat.questions).to_have_count(1)
    chat.prompt.fill("Third")
    chat.page.get_by_role("button", name="Send", exact=True).click()
    expect(waiting(chat)).to_have_text(["Second", "Third"])
    second = site.upstream.gate()
    site.upstream.enqueue(Reply("Two", second, "."), Reply("Three."))

    gate.open()

    expect(chat.reply).to_contain_text("Two")
    expect(waiting(chat)).to_have_text(["Third"])
    second.open()
    expect(chat.body).to_have_text("Three.")
    expect(queue(chat)).to_be_hidden()
    expect(chat.questions.locator("[data-text]")).to_have_text(["First", "Second", "Third"])
    chat.expect_status("done")
    chat.expect_the_same_after_a_reload()


def test_a_second_message_waits_before_the_first_reply_has_begun(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One", gate, "."))
    chat.hold_events()
    chat.ask("First")
    expect(chat.stop_button).to_be_visible()
    chat.ask("Second")
    chat.let_events_come()
    expect(waiting(chat)).to_have_text(["Second"])
    site.upstream.enqueue(Reply("Two."))
    gate.open()
    expect(chat.body).to_have_text("Two.")


def test_it_is_edited_and_removed(site: Site, chat: ChatPage) -> None:
    gate = begin(site, chat)
    for text in ("Second", "Third"):
        chat.ask(text)
    expect(waiting(chat)).to_have_text(["Second", "Third"])
    chat.prompt.press("ArrowUp")  # the last one
    box = chat.page.get_by_role("textbox", name="Waiting message")
    expect(box).to_have_value("Third")
    box.press("Escape")
    expect(box).to_have_count(0)
    expect(chat.page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    queue(chat).get_by_role("link", name="Edit").first.click()
    box.fill("Other")
    box.press("Enter")
    expect(waiting(chat)).to_have_text(["Other", "Third"])
    removes(chat).last.click()
    expect(waiting(chat)).to_have_text(["Other"])
    chat.page.reload()
    expect(waiting(chat)).to_have_text(["Other"])
    site.upstream.enqueue(Reply("Two."))
    gate.open()
    expect(chat.body).to_have_text("Two.")
    expect(chat.questions.locator("[data-text]")).to_have_text(["First", "Other"])


def test_stop_and_send_now(site: Site, chat: ChatPage) -> None:
    begin(site, chat)
    chat.ask("Second")
    site.upstream.enqueue(Reply("Two."))
    queue(chat).get_by_role("button", name="Stop and send now").click()
    expect(chat.body).to_have_text("Two.")
    expect(chat.replies.first).to_have_attribute("data-status", "stopped")
    expect(queue(chat)).to_be_hidden()


def test_after_escape_it_waits_for_the_person(site: Site, chat: ChatPage) -> None:
    begin(site, chat)
    chat.ask("Second")
    expect(waiting(chat)).to_have_text(["Second"])
    chat.prompt.press("Escape")
    chat.expect_status("stopped")
    expect(queue(chat)).to_contain_text("What waits is not sent until you want it.")
    site.upstream.enqueue(Reply("Two."))
    queue(chat).get_by_role("button", name="Send now", exact=True).click()
    expect(chat.body).to_have_text("Two.")
    expect(queue(chat)).to_be_hidden()


def test_other_tabs_see_what_waits(site: Site, chat: ChatPage) -> None:
    gate = begin(site, chat)
    expect(chat.page).to_have_url(re.compile("/c/"))
    other = ChatPage(chat.page.context.new_page()).open(chat.page.url)
    expect(other.stop_button).to_be_visible()
    for text in ("Second", "Third"):
        chat.ask(text)
    expect(waiting(other)).to_have_text(["Second", "Third"])
    removes(other).first.click()
    expect(waiting(other)).to_have_text(["Third"])
    expect(waiting(chat)).to_have_text(["Third"])
    site.upstream.enqueue(Reply("Three."))
    gate.open()
    for page in (chat, other):
        expect(page.body).to_have_text("Three.")
        expect(queue(page)).to_be_hidden()


def test_what_cannot_wait_is_put_back(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("429")
    begin(site, chat)
    for number in range(5):
        chat.ask(f"Number {number}")
        expect(waiting(chat)).to_have_count(number + 1)
    chat.ask("One more")
    expect(chat.notice).to_contain_text("5 messages can wait in one chat.")
    expect(chat.prompt).to_have_value("One more")
    while removes(chat).count():
        before = removes(chat).count()
        removes(chat).first.click()
        expect(removes(chat)).to_have_count(before - 1)


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[ChatPage]:
    """A narrow one."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True
    )
    yield ChatPage(context.new_page()).open()
    context.close()


def test_a_narrow_phone_has_room_for_what_waits(site: Site, phone: ChatPage) -> None:
    chat = phone
    gate = begin(site, chat)
    chat.ask("A long message " * 40)
    chat.ask("b" * 200)
    expect(waiting(chat)).to_have_count(2)
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == 320
    expect(chat.prompt).to_be_in_viewport(ratio=1)
    expect(chat.page.get_by_role("button", name="Stop", exact=True)).to_be_in_viewport(ratio=1)
    expect(chat.reply).to_be_in_viewport()
    for place in (1, 0):
        removes(chat).nth(place).tap()
        expect(waiting(chat)).to_have_count(place)
    gate.open()
    chat.expect_status("done")


def test_without_script_it_waits_as_well(site: Site, plain: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One", gate, "."), Reply("Two."))
    plain.prompt.fill("First")
    plain.send_button.click()
    expect(plain.reply).to_contain_text("One")
    plain.page.get_by_role("link", name="Let it stand still").click()
    plain.prompt.fill("Second")
    plain.send_button.click()
    expect(waiting(plain)).to_have_text(["Second"])
    gate.open()
    expect(plain.body).to_have_text("Two.")
    expect(queue(plain)).to_be_hidden()
