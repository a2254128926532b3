// Keeps the newest text in view, for as long as the reader is at the bottom and is not selecting anything.

const NEAR = 64; // pixels from the bottom that still count as being there
const KEY = "scrolled-up";

/**
 * Follows the end of the messages.
 * @param {HTMLElement} messages
 * @param {HTMLElement} jump  the button that leads back
 * @param {AbortSignal} signal
 * @returns {() => void} goes to the newest text
 */
export function stickToBottom(messages, jump, signal) {
  const page = /** @type {HTMLElement} */ (document.scrollingElement);
  let sticking = !wasScrolledUp();
  let last = page.scrollTop;
  const distance = () => page.scrollHeight - page.clientHeight - page.scrollTop;
  const isNear = () => distance() < NEAR || !messages.childElementCount;

  const toEnd = () => {
    page.scrollTop = page.scrollHeight;
    last = page.scrollTop;
  };
  const follow = () => {
    // An empty page begins at its top: there one chooses an assistant.
    if (sticking && messages.childElementCount && !selecting(messages)) toEnd();
    jump.hidden = isNear();
  };
  const toBottom = () => {
    sticking = true;
    toEnd();
    jump.hidden = true;
  };
  const onScroll = () => {
    // Text that grows beneath the reader is no reason to stop; only moving up is, be it by a pixel. A page that has
    // become shorter moves up as well, but is at its end.
    if (distance() < 1) sticking = true;
    else if (page.scrollTop < last) sticking = false;
    else if (page.scrollTop > last && distance() < NEAR) sticking = true;
    last = page.scrollTop;
    jump.hidden = isNear();
  };

  // A person who opens or folds something is about to read there.
  const onClick = (/** @type {MouseEvent} */ { target }) => {
    if (/** @type {Element} */ (target).closest("summary, [data-citation]")) sticking = false;
  };

  addEventListener("scroll", onScroll, { passive: true, signal });
  messages.addEventListener("click", onClick, { signal });
  jump.addEventListener("click", toBottom, { signal });
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, sticking ? "" : location.pathname), { signal });
  const observer = new ResizeObserver(follow); // once a frame at most, when the page is laid out anyway
  observer.observe(document.body); // the messages, and what the message box needs beneath them
  signal.addEventListener("abort", () => observer.disconnect());
  return toBottom;
}

/** Tells whether this is a reload of a page whose reader had gone up: then the browser brings back where they were. */
function wasScrolledUp() {
  const [entry] = performance.getEntriesByType("navigation");
  const type = /** @type {PerformanceNavigationTiming | undefined} */ (entry)?.type;
  return type !== "navigate" && sessionStorage.getItem(KEY) === location.pathname;
}

/** @param {HTMLElement} messages */
function selecting(messages) {
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.containsNode(messages, true));
}
