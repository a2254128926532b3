"""Whom one talks to: chosen on an empty page, named in a conversation."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site, SiteStarter
from tests.upstream import Reply

CONTACT = '{"name": "Anna", "organisation": "", "email": "", "phone": "", "address": ""}'


def picker(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("navigation", name="Assistants").get_by_role("link")


def kind(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("combobox", name="Kind")


def test_the_first_assistant_answers_unless_another_is_chosen(chat: ChatPage) -> None:
    expect(picker(chat)).to_have_text(["Chat", "Documents", "Agent", "Structured"])
    for name in ("Chat", "Agent"):
        picker(chat).filter(has_text=name).click()
        expect(picker(chat).filter(has_text=name)).to_have_attribute("aria-current", "true")
        expect(chat.page.locator("[aria-current]")).to_have_count(1)
        expect(chat.page.get_by_role("banner")).to_contain_text(name)
    expect(chat.page.get_by_text("converts units")).to_be_visible()
    expect(chat.page.get_by_role("button", name="What time is it in Tokyo?")).to_be_visible()


def test_a_draft_goes_along_to_another_assistant(chat: ChatPage) -> None:
    chat.prompt.fill("A draft")
    picker(chat).filter(has_text="Agent").click()
    expect(picker(chat).filter(has_text="Agent")).to_have_attribute("aria-current", "true")
    expect(chat.prompt).to_have_value("A draft")


def test_a_conversation_stays_with_its_assistant(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply("First."), Reply("Second."))
    chat.open("/?assistant=agent")
    for text in ("One", "Two"):
        chat.ask(text)
        expect(chat.questions.last).to_contain_text(text)
        chat.expect_status("done")
        expect(picker(chat)).to_have_count(0)
        chat.page.reload()
        expect(chat.page.get_by_role("banner")).to_contain_text(f"Answered by Agent, {site.upstream.model}")
    assert all("tools" in request.json for request in site.upstream.requests)


def test_options_are_chosen_beside_the_message(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(CONTACT))
    chat.open("/?assistant=structured")
    expect(kind(chat)).to_have_value("recipe")
    kind(chat).select_option("Contact")
    chat.ask("Anna")
    chat.expect_status("done")
    assert "organisation" in site.upstream.requests[0].messages[0]["content"]
    chat.page.reload()
    expect(kind(chat)).to_have_value("contact")


def test_an_example_brings_its_option(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(CONTACT))
    chat.open("/?assistant=structured")
    chat.page.get_by_role("button", name="Anna Schmidt").click()
    chat.expect_status("done")
    expect(kind(chat)).to_have_value("contact")
    assert "organisation" in site.upstream.requests[0].messages[0]["content"]


def test_an_assistant_without_options_offers_no_choice(chat: ChatPage) -> None:
    expect(kind(chat)).to_have_count(0)


def test_one_assistant_needs_no_choosing(start_site: SiteStarter, page: Page) -> None:
    site = start_site(settings={"CHAT_ASSISTANTS": "chatsite.assistants.chat"})
    chat = ChatPage(page).open(site.url)
    expect(chat.prompt).to_be_visible()
    expect(picker(chat)).to_have_count(0)


def test_without_script_one_chooses_and_is_answered(site: Site, plain: ChatPage) -> None:
    site.upstream.enqueue(Reply(CONTACT), Reply(CONTACT.replace("Anna", "Bob")))
    picker(plain).filter(has_text="Structured").click()
    plain.page.get_by_role("button", name="Anna Schmidt").click()
    expect(plain.page.locator("dd").first).to_have_text("Anna")
    expect(kind(plain)).to_have_value("contact")
    expect(plain.send_button).to_be_visible()  # the page of a reply that runs is loaded again and again
    plain.prompt.fill("Bob")
    plain.send_button.click()
    expect(plain.reply.locator("dd").first).to_have_text("Bob")
    expect(plain.page.get_by_role("banner")).to_contain_text("Structured")


def test_an_assistant_is_chosen_by_keyboard(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(CONTACT))
    keys = chat.page.keyboard
    structured = picker(chat).filter(has_text="Structured")
    while not structured.evaluate("link => link === document.activeElement"):
        keys.press("Shift+Tab")
    keys.press("Enter")
    expect(structured).to_have_attribute("aria-current", "true")
    expect(chat.prompt).to_be_focused()
    keys.press("Shift+Tab")
    expect(kind(chat)).to_be_focused()
    keys.press("ArrowDown")
    expect(kind(chat)).to_have_value("contact")
    keys.press("Tab")
    keys.type("Anna")
    keys.press("Enter")
    chat.expect_status("done")
    assert "organisation" in site.upstream.requests[0].messages[0]["content"]
