"""A tab of the browser: one that can be hidden and shown.

A headless browser shows all its pages at once. What a page is told when it is hidden, `document.hidden` and
an event, it is told here.
"""

from playwright.sync_api import BrowserContext

from tests.browser.chat_page import ChatPage

HIDEABLE = """(() => {
  let hidden = %s;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  window.setHidden = (value) => {
    hidden = value;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  // Before the page's script, which is deferred.
  document.addEventListener("readystatechange", () => {
    const chat = document.querySelector("[data-chat]");
    if (chat) chat.dataset.hiddenAfter = "%s";
  }, { once: true });
})()"""


class Tab(ChatPage):
    """One tab. It lets its connection go as soon as it is hidden, or after `hidden_after` milliseconds."""

    def __init__(self, context: BrowserContext, *, hidden: bool = False, hidden_after: int = 0) -> None:
        super().__init__(context.new_page())
        self.page.add_init_script(HIDEABLE % (str(hidden).lower(), hidden_after))

    def hide(self) -> None:
        """Put something else in front of it."""
        self.page.evaluate("setHidden(true)")

    def hide_and_let_go(self) -> None:
        """The same, for a tab that reads a reply: its connection is gone."""
        with self.page.expect_event("requestfailed"):
            self.hide()

    def show(self) -> None:
        self.page.evaluate("setHidden(false)")
