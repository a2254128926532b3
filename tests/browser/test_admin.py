"""The admin in a browser that is strict about what a page may load and do (`watch` fails on a refusal)."""

from playwright.sync_api import Page, expect

from tests.browser.test_accounts import PASSWORD, fill
from tests.chatsite.accounts.people import create_account
from tests.site import SiteStarter
from tests.upstream import Reply

LISTS = (
    "auth/user",
    "accounts/guest",
    "chat/conversation",
    "feedback/opinion",
    "streaming/run",
    "staff/reading",
)


def test_somebody_who_runs_the_site_looks_around(start_site: SiteStarter, page: Page) -> None:
    site = start_site()
    create_account(site, "root", PASSWORD)
    page.goto(f"{site.url}/admin/")
    fill(page, username="root", password=PASSWORD)
    expect(page).to_have_url(f"{site.url}/admin/")
    site.upstream.enqueue(Reply("canary-reply"))
    page.goto(site.url)
    page.locator("#prompt").fill("canary-question")
    page.locator("#prompt").press("Enter")
    expect(page.get_by_text("canary-reply")).to_be_visible()

    for address in LISTS:
        page.goto(f"{site.url}/admin/{address}/")
        expect(page.locator("#changelist")).to_be_visible()
        expect(page.get_by_text("canary")).to_have_count(0)

    page.goto(f"{site.url}/admin/chat/conversation/")
    page.locator("#result_list tbody").get_by_role("link").first.click()
    expect(page.get_by_text("That you read it is written down")).to_be_visible()
    page.get_by_label("Why").fill("To see how it looks")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("canary-reply")).to_be_visible()

    page.goto(f"{site.url}/admin/staff/usage/")
    row = page.get_by_role("row").filter(has_text="root")
    expect(row).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert ",root,1,0," in download.value.path().read_text()
