"""Images in the message box: pasted, dropped, chosen, removed, sent; after a reload they are still there."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import PATIENCE, Watch
from tests.browser.test_axe import AXE, faults
from tests.chatsite.images.files import image
from tests.chatsite.images.people import SEES
from tests.site import Site, SiteStarter
from tests.upstream import Reply

GIVE = """([how, where, files]) => {
  const data = new DataTransfer();
  for (const { name, type, content, text } of files) {
    if (text) data.setData("text/plain", text);
    else data.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type }));
  }
  const more = how === "paste" ? { clipboardData: data } : { dataTransfer: data };
  const target = document.querySelector(where);
  for (const type of how === "drop" ? ["dragover", "drop"] : [how]) {
    const Kind = how === "paste" ? ClipboardEvent : DragEvent;
    target.dispatchEvent(new Kind(type, { ...more, bubbles: true, cancelable: true }));
  }
}"""


def give(page: Page, how: str, *files: dict[str, str], where: str = "[data-prompt]") -> None:
    page.evaluate(GIVE, [how, where, list(files)])


def picture(name: str = "harbour.png", size: tuple[int, int] = (60, 40)) -> dict[str, str]:
    return {"name": name, "type": "image/png", "content": base64.b64encode(image(size)).decode()}


def other(name: str, content: bytes, *, kind: str = "") -> dict[str, str]:
    return {"name": name, "type": kind, "content": base64.b64encode(content).decode()}


def attached(page: Page) -> Locator:
    return page.get_by_role("list", name="Attached").get_by_role("listitem")


def images(page: Page) -> Locator:
    return page.get_by_role("list", name="Images").get_by_role("img")


def sent(site: Site) -> list[str]:
    """The kinds of what the last message to the model consists of."""
    content: Any = site.upstream.requests[-1].messages[-1]["content"]
    return ["text"] if isinstance(content, str) else [part["type"] for part in content]


@pytest.fixture
def seeing(start_site: SiteStarter) -> Site:
    """A site whose model sees."""
    return start_site(settings=SEES)


@pytest.fixture
def box(seeing: Site, page: Page) -> ChatPage:
    """The first page of that site."""
    return ChatPage(page).open(seeing.url)


def test_images_are_pasted_dropped_and_chosen_and_sent(seeing: Site, box: ChatPage) -> None:
    page = box.page
    seeing.upstream.enqueue(Reply("A harbour."))
    box.prompt.fill("What is this?")
    give(page, "paste", picture("one.png"))
    give(page, "drop", picture("two.png", (30, 90)), where="main")
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Attach images").click()
    chooser.value.set_files({"name": "three.png", "mimeType": "image/png", "buffer": image((20, 20))})
    expect(attached(page).get_by_role("button", name="Remove")).to_have_count(3)
    expect(attached(page).locator("img:visible")).to_have_count(3)
    expect(box.announcer).to_have_text("Attached: three.png")

    box.prompt.press("Enter")
    box.expect_status("done")

    expect(attached(page)).to_have_count(0)
    assert sent(seeing) == ["text", "image_url", "image_url", "image_url"]
    live = box.questions.locator("[data-images]").inner_html()
    for number, name in enumerate(["one.png", "two.png", "three.png"]):
        expect(images(page).nth(number)).to_have_attribute("alt", name)
        assert images(page).nth(number).evaluate("(image) => image.decode().then(() => image.naturalWidth)")
    page.reload()
    expect(images(page)).to_have_count(3)
    assert squeezed(box.questions.locator("[data-images]").inner_html()) == squeezed(live)
    with page.expect_popup() as opened:
        images(page).first.click()
    assert opened.value.evaluate("document.images[0].naturalWidth") == 60


def squeezed(html: str) -> list[str]:
    """The attributes of all elements, without their order and white space between elements."""
    html = html.replace(page_address(html), "")
    return [" ".join(sorted(tag.split())) for tag in re.findall(r"<([^>]+)>", html)]


def page_address(html: str) -> str:
    """The site's, where the script has written whole addresses."""
    found = re.search(r"http://[^/]+", html)
    return found.group() if found else ""


def test_an_image_alone_is_sent_and_more_can_be_said_after_it(seeing: Site, box: ChatPage) -> None:
    seeing.upstream.enqueue(Reply("A harbour."), Reply("Nine metres."))
    give(box.page, "paste", picture())
    expect(attached(box.page).locator("img:visible")).to_have_count(1)
    box.send_button.click()
    box.expect_status("done")
    assert sent(seeing) == ["image_url"]
    expect(box.questions.locator("[data-text]")).to_be_hidden()
    expect(box.questions.get_by_text("Sending…")).to_be_hidden()
    expect(box.questions.get_by_role("link", name="Edit")).to_be_visible()
    expect(box.page.get_by_role("link", name="harbour.png", exact=True).first).to_be_visible()

    box.ask("How deep?")
    expect(box.replies).to_have_count(2)
    box.expect_status("done")

    assert sent(seeing) == ["text"]
    expect(images(box.page)).to_have_count(1)


def test_a_message_waits_for_its_image_and_shows_how_far_it_is(seeing: Site, box: ChatPage) -> None:
    page = box.page
    held: list[Route] = []
    page.route("**/images/", lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    seeing.upstream.enqueue(Reply("A harbour."))
    give(page, "paste", picture())
    expect(page.get_by_role("progressbar", name="Upload")).to_be_visible()
    box.ask("What is this?")
    expect(box.announcer).to_have_text("The message is sent when its images are there.")
    expect(box.questions).to_have_count(0)

    held[0].continue_()
    box.expect_status("done")

    assert sent(seeing) == ["text", "image_url"]


def test_an_image_can_be_removed_by_keyboard(seeing: Site, box: ChatPage) -> None:
    page = box.page
    seeing.upstream.enqueue(Reply("Yes."))
    give(page, "paste", picture("one.png"), picture("two.png"))
    expect(attached(page).locator("img:visible")).to_have_count(2)
    address = attached(page).first.locator("img").get_attribute("src")
    remove = attached(page).get_by_role("button", name="Remove one.png")
    remove.focus()
    with page.expect_response("**/remove/"):
        remove.press("Enter")

    expect(attached(page).get_by_role("button", name="Remove two.png")).to_be_focused()
    expect(box.announcer).to_have_text("Removed: one.png")
    assert page.request.get(f"{seeing.url}{address}").status == 404
    page.keyboard.press("Enter")
    expect(box.prompt).to_be_focused()
    box.ask("Look")
    box.expect_status("done")
    assert sent(seeing) == ["text"]


def test_what_cannot_be_attached_is_refused_and_nothing_is_lost(box: ChatPage, watch: Watch) -> None:
    watch.expect("415")
    page = box.page
    box.prompt.fill("My text")
    give(page, "paste", *(picture(f"{number}.png") for number in range(5)))
    expect(box.notice).to_have_text(re.compile("At most 4 images can be sent at once."))
    expect(attached(page).locator("img:visible")).to_have_count(4)
    attached(page).get_by_role("button", name="Remove 3.png").click()
    give(page, "drop", other("drawing.svg", b"<svg/>", kind="image/svg+xml"))
    expect(box.notice).to_have_text(re.compile("Only images in PNG, JPEG, WebP or GIF can be sent."))
    give(page, "drop", other("notes.pdf", b"%PDF-", kind="application/pdf"))
    expect(box.notice).to_have_text(re.compile("Only images can be sent here."))
    expect(box.notice.get_by_role("link", name="Your documents")).to_be_visible()

    expect(attached(page)).to_have_count(3)
    expect(box.prompt).to_have_value("My text")


def test_text_that_was_copied_with_its_picture_is_pasted_as_text(box: ChatPage) -> None:
    give(box.page, "paste", {"text": "A cell"}, picture())
    give(box.page, "paste", picture("two.png"))

    expect(attached(box.page)).to_have_count(1)


def test_what_was_refused_by_the_site_is_in_the_box_again(seeing: Site, box: ChatPage, watch: Watch) -> None:
    watch.expect("503")
    page = box.page
    page.route(
        "**/messages/**", lambda route: route.fulfill(status=503, json={"error": {"message": "Busy."}})
    )
    give(page, "paste", picture())
    expect(attached(page).locator("img:visible")).to_have_count(1)
    box.ask("What is this?")
    expect(box.notice).to_contain_text("Busy.")
    expect(attached(page).locator("img:visible")).to_have_count(1)
    expect(box.prompt).to_have_value("What is this?")

    page.unroute("**/messages/**")
    seeing.upstream.enqueue(Reply("A harbour."))
    box.retry_button.click()
    box.expect_status("done")

    assert sent(seeing) == ["text", "image_url"]


def test_an_edited_message_keeps_the_images_that_are_not_left_out(seeing: Site, box: ChatPage) -> None:
    page = box.page
    seeing.upstream.enqueue(Reply("Two."), Reply("One."))
    give(page, "paste", picture("one.png"), picture("two.png"))
    expect(attached(page).locator("img:visible")).to_have_count(2)
    box.ask("How many?")
    box.expect_status("done")
    box.questions.get_by_role("link", name="Edit").click()
    page.get_by_role("checkbox", name="Keep the image one.png").uncheck()
    page.get_by_role("textbox", name="Your message").press("Control+Enter")

    expect(box.reply).to_contain_text("One.")
    assert sent(seeing) == ["text", "image_url"]
    expect(images(page)).to_have_count(1)
    page.reload()
    expect(images(page)).to_have_attribute("alt", "two.png")


def test_a_model_that_does_not_see_says_so(chat: ChatPage) -> None:
    button = chat.page.get_by_role("button", name="Attach images: The model does not see images.")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "The model does not see images.")
    chat.prompt.fill("My text")
    give(chat.page, "paste", picture())

    expect(chat.notice).to_have_text(re.compile("The model does not see images."))
    expect(chat.prompt).to_have_value("My text")


def test_documents_are_added_where_they_are_asked(site: Site, chat: ChatPage) -> None:
    page = chat.open("/?assistant=documents").page
    give(page, "drop", other("harbour.md", b"The harbour is nine metres deep.", kind="text/markdown"))
    expect(attached(page)).to_contain_text("harbour.md was added. You can ask about it now.")
    give(page, "drop", picture())
    expect(chat.notice).to_have_text(re.compile("This assistant does not look at images."))

    site.upstream.enqueue(Reply("Nine metres [1]."))
    chat.ask("How deep is the harbour?")
    chat.expect_status("done")

    expect(attached(page)).to_have_count(0)
    expect(chat.reply.get_by_role("region", name="Sources")).to_contain_text("harbour.md")


def test_without_script_files_are_chosen_and_sent(seeing: Site, browser: Browser) -> None:
    seeing.upstream.enqueue(Reply("A harbour."))
    context = browser.new_context(base_url=seeing.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    plain = ChatPage(context.new_page()).open()
    plain.page.get_by_label("Attach images").set_input_files(
        {"name": "harbour.png", "mimeType": "image/png", "buffer": image()}
    )
    plain.send_button.click()
    plain.expect_status("done")

    expect(images(plain.page)).to_have_attribute("alt", "harbour.png")
    assert sent(seeing) == ["image_url"]
    context.close()


@pytest.fixture
def phone(browser: Browser, seeing: Site) -> Iterator[ChatPage]:
    context = browser.new_context(
        base_url=seeing.url, viewport={"width": 320, "height": 700}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(PATIENCE)
    yield ChatPage(context.new_page()).open()
    context.close()


def test_images_fit_on_a_phone(seeing: Site, phone: ChatPage) -> None:
    page = phone.page
    seeing.upstream.enqueue(Reply("A harbour."))
    give(page, "drop", *(picture(f"{number}-{'x' * 60}.png", (900, 100)) for number in range(4)))
    expect(attached(page).locator("img:visible")).to_have_count(4)
    assert page.evaluate("document.scrollingElement.scrollWidth") == 320
    expect(phone.send_button).to_be_in_viewport(ratio=1)

    phone.send_button.tap()
    phone.expect_status("done")

    expect(images(page)).to_have_count(4)
    assert page.evaluate("document.scrollingElement.scrollWidth") == 320
    page.reload()
    expect(images(page)).to_have_count(4)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_axe_finds_nothing_in_the_box_in_messages_and_in_their_forms(seeing: Site, box: ChatPage) -> None:
    page = box.page
    seeing.upstream.enqueue(Reply("A harbour."))
    give(page, "paste", picture("one.png"), picture("two.png"), other("notes.pdf", b"%PDF-"))
    expect(attached(page).locator("img:visible")).to_have_count(2)
    assert faults(page) == []
    box.ask("What is this?")
    box.expect_status("done")
    assert faults(page) == []
    box.questions.get_by_role("link", name="Edit").click()
    assert faults(page) == []
