"""Several files at once, chosen or dropped, and how far each is."""

from typing import Any

from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.conftest import Watch
from tests.chatsite.documents.files import pdf

HARBOUR: FilePayload = {"name": "harbour.md", "mimeType": "text/markdown", "buffer": b"Nine metres."}
FERRY: FilePayload = {"name": "ferry.txt", "mimeType": "text/plain", "buffer": b"Four times a day."}
SCAN: FilePayload = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": pdf("", "")}
PICTURE: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
SAME: FilePayload = {"name": "same.md", "mimeType": "text/markdown", "buffer": HARBOUR["buffer"]}
DROP = """names => {
  const dataTransfer = new DataTransfer();
  for (const name of names) dataTransfer.items.add(new File([`About ${name}.`], name));
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def documents(page: Page) -> Any:
    return page.get_by_role("list", name="Your documents")


def told(page: Page) -> Any:
    return page.get_by_role("list", name="Uploads").get_by_role("listitem")


def test_several_files_are_taken_and_each_is_told_what_became_of_it(page: Page, watch: Watch) -> None:
    watch.expect("400")
    page.goto("/documents/")
    page.locator("input[type=file]").set_input_files([HARBOUR, SCAN, PICTURE, FERRY, SAME])
    page.get_by_role("button", name="Upload").click()

    expect(told(page)).to_contain_text(
        [
            "was added",
            "no text, only pictures",
            "Files of this kind",
            "was added",
            "You have this file already",
        ]
    )
    expect(documents(page).get_by_role("link")).to_have_text(["ferry.txt", "harbour.md"])


def test_files_can_be_dropped_on_the_page(page: Page) -> None:
    page.goto("/documents/")
    page.evaluate(DROP, ["one.txt", "two.txt"])

    expect(documents(page).get_by_role("link")).to_have_text(["two.txt", "one.txt"])


def test_a_file_that_is_on_its_way_shows_how_far_it_is(page: Page) -> None:
    held: list[Route] = []
    page.goto("/documents/")
    page.route(
        "**/documents/",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    page.evaluate(DROP, ["one.txt"])

    expect(page.get_by_role("progressbar", name="Upload of one.txt")).to_be_visible()
    held[0].continue_()
    expect(told(page)).to_contain_text(["was added"])
    expect(page.get_by_role("progressbar")).to_have_count(0)
