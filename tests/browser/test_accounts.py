"""The pages of an account, as a person goes through them with the keyboard."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Watch
from tests.browser.test_axe import AXE, faults
from tests.browser.test_narrow import ZOOMED
from tests.chatsite.accounts.people import create_account, manage
from tests.chatsite.accounts.test_second_factor import code_of
from tests.mailbox import Mailbox
from tests.site import SiteStarter

PASSWORD, ANOTHER = "canary-password", "another canary"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


def fill(page: Page, **fields: str) -> None:
    """Fill in the fields with these names, and press Enter in the last one."""
    for name, value in fields.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator(f"input[name={name}]").press("Enter")


def look(page: Page, heading: str) -> None:
    """The page with that heading fits into a small window, and axe finds no fault in either theme."""
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.set_viewport_size(ZOOMED)
    assert page.evaluate("document.scrollingElement.scrollWidth") == ZOOMED["width"]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if AXE.exists() or os.environ.get("TYPES_OF_SCRIPTS") == "required":
            assert faults(page) == [], heading


def link_in(mailbox: Mailbox, number: int) -> str:
    (link,) = re.findall(r"http://\S+", mailbox.mail(number).get_content())
    return str(link)


def test_an_account_is_made_and_its_password_forgotten(
    start_site: SiteStarter, page: Page, mailbox: Mailbox
) -> None:
    site = start_site(
        settings={"SIGN_UP": "open", "EMAIL_URL": mailbox.url, "EMAIL_FROM": "chat@example.org"}
    )
    page.goto(site.url)
    page.get_by_role("link", name="Sign in").filter(visible=True).click()
    look(page, "Sign in")
    page.get_by_role("link", name="Make an account").click()
    fill(page, username="alice", email="alice@example.org", password1=PASSWORD, password2="other")
    expect(page.get_by_label("The same password again")).to_have_attribute("aria-invalid", "true")
    look(page, "Make an account")
    fill(page, password1=PASSWORD, password2=PASSWORD)
    look(page, "Look into your mailbox")
    page.goto(link_in(mailbox, 1))
    look(page, "Confirm your address")
    page.get_by_role("button", name="Confirm").press("Enter")

    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("complementary").get_by_role("link", name="alice").click()
    look(page, "alice")
    page.get_by_role("link", name="Change").first.press("Enter")
    fill(page, oldpassword="wrong", password1=ANOTHER, password2=ANOTHER)
    expect(page.get_by_label("Your password as it is")).to_have_attribute("aria-invalid", "true")
    look(page, "Change your password")
    page.goto(f"{site.url}/accounts/email/")
    fill(page, email="new@example.org", password=PASSWORD)
    expect(page.get_by_text("new@example.org is to be confirmed")).to_be_visible()
    look(page, "Your e-mail address")

    page.get_by_role("link", name="Your account").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_role("link", name="Forgotten your password?").press("Enter")
    look(page, "Set a new password")
    fill(page, email="alice@example.org")
    look(page, "Look into your mailbox")
    page.goto(link_in(mailbox, 3))
    fill(page, password1=ANOTHER, password2=ANOTHER)
    look(page, "The password is set")
    page.get_by_role("link", name="Sign in").press("Enter")
    fill(page, username="alice", password=ANOTHER)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("complementary").get_by_text("alice")).to_be_visible()


def test_a_second_factor_is_turned_on_and_asked_for(start_site: SiteStarter, page: Page) -> None:
    site = start_site()
    create_account(site, "anna", PASSWORD)
    page.goto(f"{site.url}/accounts/login/?next=/accounts/")
    fill(page, username="anna", password=PASSWORD)
    page.get_by_role("link", name="Set up").press("Enter")
    look(page, "Second factor")
    page.get_by_role("link", name="Turn it on").press("Enter")
    look(page, "Is it you?")
    fill(page, password=PASSWORD)
    look(page, "Turn on a second factor")
    expect(page.get_by_role("img", name="The same as the key below, for the camera")).to_be_visible()
    fill(page, code=code_of(page.locator("code.key").inner_text()))
    look(page, "Recovery codes")
    recovery_code = page.get_by_role("listitem").first.inner_text()
    page.get_by_role("link", name="I have kept them").press("Enter")
    look(page, "Second factor")

    page.get_by_role("link", name="Your account").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.goto(f"{site.url}/accounts/login/?next=/accounts/")
    fill(page, username="anna", password=PASSWORD)
    look(page, "One thing more")
    fill(page, code=recovery_code)
    look(page, "anna")


def test_who_writes_after_their_session_is_over_signs_in_and_has_it_still(
    start_site: SiteStarter, page: Page, watch: Watch
) -> None:
    watch.expect("403")
    site = start_site()
    create_account(site, "anna", PASSWORD)
    page.goto(f"{site.url}/accounts/login/")
    fill(page, username="anna", password=PASSWORD)
    chat = ChatPage(page).open(f"{site.url}/?assistant=agent")
    chat.prompt.fill("What I want to know")
    manage(
        site,
        "shell",
        "--command",
        "from django.contrib.sessions.models import Session as S; S.objects.all().delete()",
    )
    chat.prompt.press("Enter")
    expect(chat.notice).to_contain_text("Your session is over")

    page.reload()

    expect(page.get_by_role("status")).to_have_text("Your session is over. Sign in to go on.")
    fill(page, username="anna", password=PASSWORD)
    expect(page).to_have_url(f"{site.url}/?assistant=agent")
    expect(chat.prompt).to_have_value("What I want to know")


def test_without_an_invitation_the_page_says_so(start_site: SiteStarter, page: Page, watch: Watch) -> None:
    watch.expect("403")
    site = start_site(settings={"SIGN_UP": "invitation"})
    page.goto(f"{site.url}/accounts/signup/")
    look(page, "By invitation")
