"""Settings: by keyboard and by touch, with and without script, in both themes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.test_axe import faults
from tests.server import copy_prepared
from tests.site import Site, running_site
from tests.upstream import Reply

MODELS = {"CHAT_MODELS": "scripted,a-model-with-a-long-name-that-has-to-fit-somewhere=64000"}
OTHER = "a-model-with-a-long-name-that-has-to-fit-somewhere"


@pytest.fixture(scope="module")
def with_models(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a choice of models."""
    data_dir = copy_prepared(prepared, tmp_path_factory.mktemp("models") / "data")
    with running_site(data_dir, settings=MODELS) as site:
        yield site


@pytest.fixture
def site(with_models: Site) -> Iterator[Site]:
    """In the place of the shared one."""
    yield with_models
    with_models.new_round()


def fill_in(page: Page) -> None:
    page.get_by_label("Instructions for the model").fill("Be brief.")
    page.get_by_label("Model", exact=True).select_option(OTHER)
    page.get_by_label("Temperature").fill("0.35")
    page.get_by_label("Longest reply, in tokens").fill("150")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status")).to_contain_text("Your settings are kept.")


def test_a_key_leads_to_settings_which_the_next_reply_follows(site: Site, watch: Watch) -> None:
    page = watch.page
    page.goto("/")
    page.locator("main").press("Control+,")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    fill_in(page)
    site.upstream.enqueue(Reply("Yes."))

    page.goto("/")
    expect(page.get_by_label("Model")).to_have_value(OTHER)
    chat = ChatPage(page)
    chat.ask("Hi")
    chat.expect_status("done")

    sent = site.upstream.requests[-1].json
    assert (sent["model"], sent["temperature"]) == (OTHER, 0.35)
    expect(chat.reply.get_by_role("heading", name=OTHER)).to_be_visible()


def test_the_model_in_the_bar_answers_the_next_message_and_another_reply(site: Site, page: Page) -> None:
    chat = ChatPage(page).open()
    site.upstream.enqueue(Reply("One."), Reply("Two."))
    chat.ask("Hi")
    chat.expect_status("done")
    page.get_by_label("Model").select_option(OTHER)
    chat.reply.get_by_role("button", name="Regenerate").click()
    expect(chat.body).to_have_text("Two.")
    chat.expect_status("done")

    assert [request.json["model"] for request in site.upstream.requests] == ["scripted", OTHER]
    page.reload()
    expect(page.get_by_label("Model")).to_have_value(OTHER)
    page.get_by_role("link", name="Settings of this chat").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value(OTHER)
    expect(page.get_by_text("Empty: the model's own, as in your settings.")).to_be_visible()


def test_without_script_all_of_it_works(site: Site, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, base_url=site.url) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("link", name="Settings", exact=True).first.click()
        fill_in(page)
        page.goto("/")
        page.get_by_label("Model").select_option("scripted")
        site.upstream.enqueue(Reply("Yes."))
        page.get_by_role("textbox", name="Message").fill("Hi")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_label("Model")).to_have_value("scripted")
        page.goto("/accounts/data/")
        expect(page.get_by_text("1 conversation")).to_be_visible()
        page.get_by_role("link", name="Delete everything").click()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("All that you had here is deleted.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_have_no_faults_and_fit(site: Site, page: Page, theme: str, width: int) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of those
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    chat = ChatPage(page)
    site.upstream.enqueue(Reply("Yes."))
    chat.ask("Hi")
    chat.expect_status("done")
    page.reload()
    chats = page.url.partition("?")[0]
    for path in (chats, f"{chats}settings/", "/settings/", "/accounts/data/", "/accounts/data/delete/"):
        page.goto(path)
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
