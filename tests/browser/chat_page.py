"""The chat page as a person sees and uses it."""

from playwright.sync_api import Locator, Page, expect

# Without what differs from one answer of the server to the next: tokens, keys and times, addresses that the
# script does not use, white space between elements, and the order of attributes.
MARKUP = r"""article => {
  const copy = article.cloneNode(true);
  delete copy.dataset.after;
  for (const field of copy.querySelectorAll("[name=csrfmiddlewaretoken], [name=key]")) field.remove();
  for (const time of copy.querySelectorAll("time")) time.replaceWith("time");
  for (const form of copy.querySelectorAll("form")) form.removeAttribute("action");
  for (const element of [copy, ...copy.querySelectorAll("*")]) {
    const attributes = [...element.attributes].sort((one, other) => one.name < other.name ? -1 : 1);
    for (const { name } of attributes) element.removeAttribute(name);
    for (const { name, value } of attributes) element.setAttribute(name, value);
  }
  copy.normalize();
  return copy.outerHTML.replace(/>\s+</g, "><");
}"""

# The next answer has its headers, and not yet a byte more.
HOLD_EVENTS = """() => {
  const open = fetch;
  const gate = new Promise((resolve) => (window.letEventsCome = resolve));
  window.fetch = async (...args) => {
    window.fetch = open;
    const response = await open(...args);
    return new Response(response.body.pipeThrough(new TransformStream({ start: () => gate })), response);
  };
}"""


class ChatPage:
    """One open page of the site. What it finds, it finds as a person would: by role and by name."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.prompt = page.get_by_role("textbox", name="Message")
        self.counter = page.locator("[data-counter]")
        self.send_button = page.get_by_role("button", name="Send")
        self.stop_button = page.get_by_role("button", name="Stop")
        self.retry_button = page.get_by_role("button", name="Retry", exact=True)
        self.regenerate_button = page.get_by_role("button", name="Regenerate")
        self.continue_button = page.get_by_role("button", name="Continue")
        self.jump_button = page.get_by_role("button", name="Jump to latest")
        self.notice = page.get_by_role("alert").filter(visible=True)
        self.announcer = page.get_by_role("status").and_(page.locator("[data-announcer]"))
        self.replies = page.locator('article[data-role="assistant"]')
        self.questions = page.locator('article[data-role="user"]')

    @property
    def reply(self) -> Locator:
        return self.replies.last

    @property
    def body(self) -> Locator:
        """The finished blocks of the last reply."""
        return self.reply.locator("[data-body]")

    @property
    def text(self) -> str:
        """The last reply as it reads now."""
        return self.body.inner_text() + self.reply.locator("[data-tail]").inner_text()

    @property
    def markup(self) -> list[str]:
        """All of the last reply as it is on the page, tag by tag."""
        markup: str = self.reply.evaluate(MARKUP)
        return markup.split("><")

    def expect_the_same_after_a_reload(self) -> None:
        """The finished reply is what the server shows of it, to the letter."""
        live = self.markup
        self.page.reload()
        expect(self.reply.get_by_role("button", name="Copy reply")).to_be_visible()
        assert self.markup == live

    def open(self, path: str = "/") -> "ChatPage":
        self.page.goto(path)
        return self

    def ask(self, text: str) -> None:
        """Send a message. On a phone, too, where Enter alone begins a new line."""
        self.prompt.fill(text)
        self.prompt.press("Control+Enter")

    def hold_events(self) -> None:
        """Let the next answer begin, and keep its events on the way."""
        self.page.evaluate(HOLD_EVENTS)

    def let_events_come(self) -> None:
        self.page.evaluate("letEventsCome()")

    def expect_status(self, status: str) -> None:
        """Wait until the last reply has ended that way, or still is at it."""
        expect(self.reply).to_have_attribute("data-status", status)

    def distance_to_bottom(self) -> float:
        distance: float = self.page.evaluate(
            "() => { const page = document.scrollingElement;"
            " return page.scrollHeight - page.clientHeight - page.scrollTop }"
        )
        return distance
