"""An agent's tool calls: seen as they happen, folded when the reply is done."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site, SiteStarter
from tests.upstream import Reply, ToolCall


@pytest.fixture
def chat(page: Page) -> ChatPage:
    return ChatPage(page).open("/?assistant=agent")


def steps(chat: ChatPage) -> Locator:
    return chat.reply.locator("[data-step]")


def calculation(expression: str, *, call: str = "call_1", index: int = 0) -> ToolCall:
    return ToolCall("calculator", (f'{{"expression": "{expression}"}}',), id=call, index=index)


def test_a_step_shows_its_input_and_output(site: Site, chat: ChatPage) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(
        Reply(calculation("6 * 7"), finish="tool_calls"),
        Reply("It ", gate, "is 42."),
    )
    chat.ask("What is 6 times 7?")
    expect(chat.reply).to_contain_text("It")
    expect(chat.reply.get_by_text("Using tools")).to_be_visible()
    expect(steps(chat)).to_have_count(1)
    expect(steps(chat)).to_contain_text("calculator")
    expect(steps(chat)).to_contain_text('{"expression":"6 * 7"}')
    expect(steps(chat).locator("[data-step-result]")).to_have_text("42")
    gate.open()
    chat.expect_status("done")
    expect(steps(chat)).to_be_hidden()
    chat.expect_the_same_after_a_reload()
    chat.reply.get_by_text("Used 1 tool", exact=True).click()
    expect(steps(chat)).to_contain_text("42")


def test_a_failed_step_says_why(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(
        Reply(calculation("6 * 7"), calculation("6 / 0", call="call_2", index=1), finish="tool_calls"),
        Reply("One of them is 42."),
    )
    chat.ask("Go")
    chat.expect_status("done")
    chat.expect_the_same_after_a_reload()
    chat.reply.get_by_text("Used 2 tools", exact=True).click()
    failed = steps(chat).filter(has_text="6 / 0")
    expect(failed.get_by_text("Failed")).to_be_visible()
    expect(failed.locator("[data-step-result]")).to_contain_text("zero")
    expect(steps(chat).filter(has_text="6 * 7").get_by_text("Failed")).to_be_hidden()


@pytest.fixture
def asking(start_site: SiteStarter) -> Site:
    return start_site(settings={"CHAT_ASSISTANTS": "tests.browser.asking_agent"})


def test_a_step_is_seen_running_over_a_reload(asking: Site, page: Page) -> None:
    gate = asking.upstream.gate()
    asking.upstream.enqueue(
        Reply(ToolCall("ask", ('{"question": "Why?"}',)), finish="tool_calls"),
        Reply("Because ", gate, "it is so."),
        Reply("So they say."),
    )
    chat = ChatPage(page).open(asking.url)
    chat.ask("Why?")
    for _ in range(2):
        expect(steps(chat).get_by_text("Running")).to_be_visible()
        expect(chat.reply.get_by_text("Thinking")).to_be_hidden()
        gate.wait_until_reached()
        chat.page.reload()
    gate.open()
    chat.expect_status("done")
    expect(steps(chat).locator("[data-step-result]")).to_have_text("Because it is so.")
    expect(chat.body).to_have_text("So they say.")
    chat.expect_the_same_after_a_reload()


def test_a_step_that_was_stopped_did_not_finish(asking: Site, page: Page) -> None:
    gate = asking.upstream.gate()
    asking.upstream.enqueue(
        Reply(ToolCall("ask", ('{"question": "Why?"}',)), finish="tool_calls"), Reply(gate, "Never said.")
    )
    chat = ChatPage(page).open(asking.url)
    chat.ask("Why?")
    expect(steps(chat).get_by_text("Running")).to_be_visible()
    chat.stop_button.click()
    chat.expect_status("stopped")
    chat.reply.get_by_text("Used 1 tool").click()
    expect(steps(chat).get_by_text("Did not finish")).to_be_visible()
    chat.page.reload()
    chat.reply.get_by_text("Used 1 tool").click()
    expect(steps(chat).get_by_text("Did not finish")).to_be_visible()


def test_steps_are_unfolded_by_keyboard(site: Site, chat: ChatPage) -> None:
    site.upstream.enqueue(Reply(calculation("6 * 7"), finish="tool_calls"), Reply("It is 42."))
    chat.ask("Go")
    chat.expect_status("done")
    summary = chat.reply.locator("summary", has_text="Used 1 tool")
    while not summary.evaluate("summary => summary === document.activeElement"):
        chat.page.keyboard.press("Shift+Tab")
    chat.page.keyboard.press("Enter")
    expect(steps(chat)).to_be_visible()
