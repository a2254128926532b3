"""Fixtures for tests in a real Chromium, driven by Playwright.

While Playwright runs, its asyncio loop runs in the tests' thread, and Django refuses ORM calls there: browser
tests look at pages, not at the database. For the same reason `browser` ends with this package's last test.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.browser.chat_page import ChatPage
from tests.site import Site

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
HOW_TO_GET_ONE = "Install one (on Debian: apt install chromium), or set CHROMIUM to its path."
OURS = {"127.0.0.1", "localhost"}
PATIENCE = 30_000
"""Milliseconds for what the page shall show or do, on a machine that does much else."""


def find_chromium() -> str | None:
    """The browser that CHROMIUM names, or one that is on the PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def is_required() -> bool:
    return os.environ.get("BROWSER_TESTS") == "required"


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests of this package, and skip them where there is no browser."""
    skipped = not (find_chromium() or is_required())
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
            if skipped:
                item.add_marker(pytest.mark.skip(reason=f"no Chromium found. {HOW_TO_GET_ONE}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that the browser tests did not run."""
    skipped = [report for report in terminalreporter.getreports("skipped") if "browser" in report.keywords]
    if skipped and not find_chromium():
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests did not run: no Chromium was found. {HOW_TO_GET_ONE}")
        terminalreporter.line("With BROWSER_TESTS=required in the environment this is a failure.")


class Watch:
    """What a page must not do: log errors, throw, or ask anybody else for anything. Nor its other tabs."""

    def __init__(self, context: BrowserContext, *, picture: Path) -> None:
        self.picture = picture
        self.faults: list[str] = []
        self._expected: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        self.page = context.new_page()

    def expect(self, pattern: str) -> None:
        """Allow faults that match: the browser itself logs an error for each 4xx and 5xx, for one."""
        self._expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [
            fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self._expected)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in OURS:
            self.faults.append(f"request to somebody else: {request.url}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the tests of this package."""
    executable = find_chromium()
    if executable is None:
        pytest.fail(f"BROWSER_TESTS=required, and no Chromium was found. {HOW_TO_GET_ONE}", pytrace=False)
    # Chromium's sandbox does not start for root, which containers and CI often are.
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=[*OPTIONS, *sandbox])
        yield launched
        launched.close()


@pytest.fixture
def watch(browser: Browser, site: Site, tmp_path: Path) -> Iterator[Watch]:
    """Fails the test on any console error, uncaught error, or request to another host."""
    # What goes through a worker cannot be held or changed by `page.route`.
    context = browser.new_context(base_url=site.url, service_workers="block")
    context.set_default_timeout(PATIENCE)
    watch = Watch(context, picture=tmp_path / "page.png")
    yield watch
    context.close()
    assert watch.unexpected == []


@pytest.fixture
def page(watch: Watch) -> Page:
    """An empty page of a new person, under `watch`; `page.goto("/")` goes to `site`."""
    return watch.page


@pytest.fixture
def chat(page: Page) -> ChatPage:
    """The site's first page, open."""
    return ChatPage(page).open()


@pytest.fixture
def plain(browser: Browser, site: Site) -> Iterator[ChatPage]:
    """A page in a browser without script."""
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    yield ChatPage(context.new_page()).open()
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of the page that a test failed on, and say where."""
    report = yield
    watch = item.funcargs.get("watch")
    if report.failed and report.when == "call" and isinstance(watch, Watch):
        with contextlib.suppress(Error):  # the page itself may have crashed
            watch.page.screenshot(path=watch.picture)
        report.sections.append(("page", f"{watch.page.url}\n{watch.picture}"))
    return report
