"""Versions of replies and messages: made, paged through, sent below; in tabs, on a phone, without script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import PATIENCE, Watch
from tests.browser.tab import Tab
from tests.site import Site
from tests.upstream import Reply, Reset


def converse(site: Site, chat: ChatPage, *texts: str) -> None:
    """An exchange for each text."""
    for text in texts:
        site.upstream.enqueue(Reply(f"To {text}."))
        chat.ask(text)
        expect(chat.body).to_have_text(f"To {text}.")
        chat.expect_status("done")


def version(article: Locator) -> Locator:
    """Which version it is, as it is seen."""
    return article.locator("[data-siblings] > [aria-hidden]")


def turn(article: Locator, to: str) -> None:
    """Go to the version before or after."""
    article.get_by_role("link", name=f"{to} version").click()


def regenerate(site: Site, article: Locator, text: str) -> None:
    site.upstream.enqueue(Reply(text))
    article.get_by_role("button", name="Regenerate").click()


def open_editor(article: Locator) -> Locator:
    article.get_by_role("link", name="Edit message").click()
    box = article.get_by_role("textbox", name="Your message")
    expect(box).to_be_focused()
    return box


def edit(site: Site, chat: ChatPage, article: Locator, text: str) -> None:
    """Send another version of a message, and wait for the page to show that it is one."""
    box = open_editor(article)
    site.upstream.enqueue(Reply(f"To {text}."))
    box.fill(text)
    box.press("Control+Enter")
    expect(chat.body).to_have_text(f"To {text}.")
    expect(version(chat.questions.last)).to_be_visible()


def test_replies_are_kept_and_paged_through(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one")
    expect(version(chat.reply)).to_have_count(0)
    for number, text in enumerate(("Two.", "Three."), 2):
        regenerate(site, chat.reply, text)
        expect(chat.body).to_have_text(text)
        expect(version(chat.reply)).to_have_text(f"{number}/{number}")
    turn(chat.reply, "Previous")
    expect(chat.body).to_have_text("Two.")
    expect(version(chat.reply)).to_have_text("2/3")
    turn(chat.reply, "Previous")
    expect(chat.body).to_have_text("To one.")
    expect(chat.reply.get_by_role("link", name="Previous version")).to_be_disabled()
    turn(chat.reply, "Next")
    expect(chat.body).to_have_text("Two.")
    chat.page.go_back()
    expect(chat.body).to_have_text("To one.")


def test_a_reply_in_the_middle_is_regenerated_and_nothing_lost(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one", "two")
    regenerate(site, chat.replies.first, "Another.")
    expect(chat.body).to_have_text("Another.")
    expect(chat.replies).to_have_count(1)
    expect(version(chat.reply)).to_have_text("2/2")
    turn(chat.reply, "Previous")
    expect(chat.replies).to_have_count(2)
    expect(chat.body).to_have_text("To two.")


def test_a_reply_in_the_middle_that_fails_brings_all_back(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one", "two")
    site.upstream.enqueue(Reply("Half", Reset()))
    chat.replies.first.get_by_role("button", name="Regenerate").click()
    expect(chat.notice).to_contain_text("The reply before is kept.")
    expect(chat.replies).to_have_count(2)
    expect(chat.body).to_have_text("To two.")
    expect(version(chat.replies.first)).to_have_text("1/2")
    turn(chat.replies.first, "Next")
    expect(chat.body).to_have_text("Half")
    expect(chat.retry_button).to_be_visible()


def test_an_edited_message_begins_a_branch(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one", "two")
    edit(site, chat, chat.questions.first, "uno")
    expect(chat.questions).to_have_count(1)
    expect(version(chat.questions.first)).to_have_text("2/2")
    assert site.upstream.requests[2].messages[-1]["content"] == "uno"
    converse(site, chat, "due")
    chat.page.reload()
    expect(chat.questions).to_have_count(2)
    turn(chat.questions.first, "Previous")
    expect(chat.body).to_have_text("To two.")
    expect(chat.questions.first).to_be_in_viewport()
    converse(site, chat, "three")
    assert [message["content"] for message in site.upstream.requests[4].messages[1:]] == [
        *("one", "To one.", "two", "To two."),
        "three",
    ]


def test_what_was_just_sent_can_be_edited(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one")
    edit(site, chat, chat.questions.last, "uno")
    edit(site, chat, chat.questions.last, "eins")
    expect(version(chat.questions.last)).to_have_text("3/3")
    chat.page.reload()
    expect(chat.body).to_have_text("To eins.")


def test_the_keyboard_edits_the_last_message(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one", "two")
    chat.prompt.fill("A draft")
    chat.prompt.press("ArrowUp")
    box = chat.questions.last.get_by_role("textbox")
    expect(box).to_have_count(0)
    chat.prompt.fill("")
    chat.prompt.press("ArrowUp")
    expect(box).to_be_focused()
    expect(box).to_have_value("two")
    box.press("Escape")
    expect(chat.questions.last.get_by_role("link", name="Edit message")).to_be_focused()
    expect(chat.questions.last.get_by_text("two")).to_be_visible()
    chat.page.keyboard.press("Enter")
    expect(box).to_be_focused()
    box.press_sequentially(" and")
    box.press("Shift+Enter")
    box.press_sequentially("a half")
    site.upstream.enqueue(Reply("To both."))
    box.press("Enter")
    expect(chat.body).to_have_text("To both.")
    expect(chat.prompt).to_be_focused()
    expect(version(chat.questions.last)).to_have_text("2/2")
    assert site.upstream.requests[2].messages[-1]["content"] == "two and\na half"
    # From the version that is gone to, the next key reaches the way back.
    turn(chat.questions.last, "Previous")
    expect(chat.body).to_have_text("To two.")
    chat.page.keyboard.press("Tab")
    expect(chat.questions.last.get_by_role("link", name="Next version")).to_be_focused()


def test_an_edit_that_is_refused_stays_in_its_form(site: Site, chat: ChatPage, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    converse(site, chat, "one")
    box = open_editor(chat.questions.last)
    box.fill("uno")
    chat.page.context.set_offline(True)
    box.press("Control+Enter")
    expect(chat.notice).to_contain_text("could not be reached")
    expect(box).to_have_value("uno")
    expect(chat.body).to_have_text("To one.")
    chat.page.context.set_offline(False)
    expect(chat.notice).to_contain_text("The connection is back")
    site.upstream.enqueue(Reply("To uno."))
    chat.retry_button.click()
    expect(chat.body).to_have_text("To uno.")
    expect(version(chat.questions.last)).to_have_text("2/2")


def test_an_edit_that_was_not_sent_is_kept(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one")
    open_editor(chat.questions.last).fill("Half of")
    chat.page.reload()
    box = open_editor(chat.questions.last)
    expect(box).to_have_value("Half of")
    box.press("Escape")
    expect(open_editor(chat.questions.last)).to_have_value("one")
    chat.page.keyboard.press("Escape")
    edit(site, chat, chat.questions.last, "two")
    expect(open_editor(chat.questions.last)).to_have_value("two")
    kept = chat.page.evaluate("Object.keys(localStorage).filter((name) => name.includes('edit'))")
    assert kept == []


def test_the_branch_that_is_shown_is_what_can_be_shared(site: Site, chat: ChatPage) -> None:
    page = chat.page
    converse(site, chat, "one")
    edit(site, chat, chat.questions.last, "two")
    turn(chat.questions.last, "Previous")
    expect(chat.body).to_have_text("To one.")
    page.get_by_role("link", name="Edit", exact=True).filter(visible=True).press("Enter")
    page.get_by_role("link", name="Share").click()
    expect(page.get_by_text("It ends with what answers: “one”")).to_be_visible()
    page.get_by_role("link", name="Back to the chat").click()
    expect(chat.body).to_have_text("To one.")


def test_while_a_reply_is_written_an_edit_waits(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("So ", gate, "far."))
    chat.ask("one")
    expect(chat.reply).to_contain_text("So")
    box = open_editor(chat.questions.last)
    box.fill("uno")
    box.press("Control+Enter")
    expect(chat.notice).to_contain_text("A reply is being written.")
    gate.open()
    chat.expect_status("done")
    site.upstream.enqueue(Reply("To uno."))
    box.press("Control+Enter")
    expect(chat.body).to_have_text("To uno.")
    expect(version(chat.questions.last)).to_have_text("2/2")


def test_the_page_of_a_branch_follows_its_reply(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Another ", gate, "one."))
    chat.regenerate_button.click()
    expect(chat.reply).to_contain_text("Another")
    chat.page.reload()
    expect(chat.stop_button).to_be_visible()
    expect(version(chat.reply)).to_have_text("2/2")
    # While it is written, one can look at the one before.
    turn(chat.reply, "Previous")
    expect(chat.body).to_have_text("To one.")
    expect(chat.send_button).to_be_visible()
    turn(chat.reply, "Next")
    expect(chat.stop_button).to_be_visible()
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("Another one.")


def test_two_tabs_stay_in_their_branches(site: Site, watch: Watch) -> None:
    here, there = Tab(watch.page.context), Tab(watch.page.context)
    here.open()
    converse(site, here, "one")
    there.open(here.page.url)
    edit(site, here, here.questions.last, "uno")
    # The other one is told that there is a version more, and shows its own.
    expect(version(there.questions.last)).to_have_text("1/2")
    expect(there.body).to_have_text("To one.")
    converse(site, there, "two")
    expect(here.body).to_have_text("To uno.")
    converse(site, here, "due")
    expect(there.body).to_have_text("To two.")
    assert [message["content"] for message in site.upstream.requests[-1].messages[1::2]] == ["uno", "due"]
    for tab, texts in ((here, ["uno", "due"]), (there, ["one", "two"])):
        tab.hide()
        tab.show()
        expect(tab.questions.locator("[data-text]")).to_have_text(texts)
    here.page.reload()
    expect(here.questions.locator("[data-text]")).to_have_text(["uno", "due"])


def test_a_search_hit_opens_the_branch_with_the_message(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "pelican", "more")
    edit(site, chat, chat.questions.first, "heron")
    chat.page.goto("/search/?q=pelican")
    chat.page.locator("a.found-message").last.click()
    expect(chat.questions.first).to_contain_text("pelican")
    expect(chat.body).to_have_text("To more.")
    converse(site, chat, "and more")
    assert site.upstream.requests[-1].messages[1]["content"] == "pelican"


def test_an_edit_is_the_same_after_a_reload(site: Site, chat: ChatPage) -> None:
    converse(site, chat, "one")
    edit(site, chat, chat.questions.last, "uno")
    chat.expect_the_same_after_a_reload()


def test_without_script_replies_are_regenerated_and_messages_edited(site: Site, plain: ChatPage) -> None:
    for text in ("one", "two"):
        site.upstream.enqueue(Reply(f"To {text}."))
        plain.prompt.fill(text)
        plain.send_button.click()
        expect(plain.body).to_have_text(f"To {text}.")
    regenerate(site, plain.replies.first, "Another.")
    expect(plain.body).to_have_text("Another.")
    turn(plain.reply, "Previous")
    expect(plain.body).to_have_text("To two.")
    plain.questions.last.get_by_role("link", name="Edit message").click()
    box = plain.page.get_by_role("textbox", name="Your message")
    expect(box).to_have_value("two")
    plain.page.get_by_role("link", name="Cancel").click()
    expect(plain.body).to_have_text("To two.")
    plain.questions.last.get_by_role("link", name="Edit message").click()
    box.fill("due")
    site.upstream.enqueue(Reply("To due."))
    plain.send_button.click()
    expect(plain.body).to_have_text("To due.")
    expect(version(plain.questions.last)).to_have_text("2/2")
    # What is sent next stays in the branch.
    turn(plain.questions.last, "Previous")
    expect(plain.body).to_have_text("To two.")
    site.upstream.enqueue(Reply("To three."))
    plain.prompt.fill("three")
    plain.send_button.click()
    expect(plain.body).to_have_text("To three.")
    assert [message["content"] for message in site.upstream.requests[-1].messages[1::2]] == [
        *("one", "two", "three")
    ]


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[ChatPage]:
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(PATIENCE)
    yield ChatPage(context.new_page()).open()
    context.close()


def test_on_a_phone_a_message_is_edited_and_paged_through(site: Site, phone: ChatPage) -> None:
    converse(site, phone, "one")
    phone.questions.last.get_by_role("link", name="Edit message").tap()
    box = phone.questions.last.get_by_role("textbox", name="Your message")
    box.fill("uno")
    box.press("Enter")
    expect(box).to_have_value("uno\n")
    send = phone.questions.last.get_by_role("button", name="Send")
    assert phone.page.evaluate("document.scrollingElement.scrollWidth") == 390
    site.upstream.enqueue(Reply("To uno."))
    send.tap()
    expect(phone.body).to_have_text("To uno.")
    regenerate(site, phone.reply, "Another.")
    expect(version(phone.reply)).to_have_text("2/2")
    expect(version(phone.questions.last)).to_have_text("2/2")
    assert phone.page.evaluate("document.scrollingElement.scrollWidth") == 390
    for link in phone.page.get_by_role("link", name="Previous version").all():
        box_of_link = link.bounding_box()
        assert box_of_link is not None
        assert min(box_of_link["width"], box_of_link["height"]) >= 44
    phone.questions.last.get_by_role("link", name="Previous version").tap()
    expect(phone.body).to_have_text("To one.")
