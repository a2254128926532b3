"""The site as an app: what a browser says of its manifest, and what is shown without a network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from tests.browser.chat_page import ChatPage
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.waiting import wait_until

BEGUN = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  while (active.state !== "activated") {
    await new Promise((resolve) => active.addEventListener("statechange", resolve, { once: true }));
  }
  return caches.keys();
}"""
REGISTERED = "async () => (await navigator.serviceWorker.getRegistrations()).length"


@pytest.fixture
def app(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser with service workers."""
    context = browser.new_context(base_url=site.url, service_workers="allow")
    yield context
    context.close()


def with_worker(context: BrowserContext) -> ChatPage:
    """The first page, after its worker has begun. It keeps nothing."""
    chat = ChatPage(context.new_page()).open()
    assert chat.page.evaluate(BEGUN) == []
    return chat


def test_a_browser_finds_no_fault_with_the_manifest(app: BrowserContext) -> None:
    chat = with_worker(app)
    session = app.new_cdp_session(chat.page)

    manifest = session.send("Page.getAppManifest")
    faults = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert manifest["url"].endswith("/manifest.webmanifest")
    assert manifest["errors"] == []
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []


def test_without_a_network_a_page_says_so_and_can_be_tried_again(app: BrowserContext) -> None:
    page = with_worker(app).page
    app.set_offline(True)
    page.goto("/documents/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    app.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()


def test_messages_streams_and_forms_do_not_go_through_the_worker(site: Site, app: BrowserContext) -> None:
    page = with_worker(app).page
    chat = ChatPage(page).open()  # under the worker
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    through: list[Request] = []
    page.on("response", lambda answer: through.append(answer.request) if answer.from_service_worker else None)
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One ", gate, "two."))
    chat.ask("Go")
    expect(chat.reply).to_contain_text("One")
    page.reload()
    gate.open()
    chat.expect_status("done")
    expect(chat.body).to_have_text("One two.")
    assert [request.resource_type for request in through if request.resource_type != "document"] == []
    assert [request.method for request in through if request.method != "GET"] == []
    assert page.evaluate("caches.keys()") == []


def test_a_form_without_a_network_is_the_browsers_affair(app: BrowserContext) -> None:
    page = with_worker(app).page
    page.goto("/documents/")
    app.set_offline(True)
    with page.expect_event("requestfailed"):
        page.evaluate("document.querySelector('form[method=post]').submit()")
    expect(page.get_by_role("heading", name="No connection")).to_have_count(0)


def test_a_worker_that_is_turned_off_goes(start_site: SiteStarter, browser: Browser) -> None:
    site = start_site(settings={"OFFLINE_PAGE": "0"})
    context = browser.new_context(base_url=site.url, service_workers="allow")
    page = ChatPage(context.new_page()).open().page
    assert page.evaluate(REGISTERED) == 0
    # As a browser has it since before.
    page.evaluate("navigator.serviceWorker.register('/service-worker.js')")
    wait_until(lambda: page.evaluate(REGISTERED) == 0)
    context.close()
