// Where the page is: a message sent from here goes to its top, and the reply grows in the room beneath. Who goes to the
// end is kept there while text comes, unless they are selecting something; nobody else's place is moved.

const NEAR = 64; // pixels from the bottom that still count as being there
const KEY = "scrolled-up";

/**
 * @param {HTMLElement} messages
 * @param {HTMLElement} jump  the button that leads to the end
 * @param {AbortSignal} signal
 * @returns {(question: HTMLElement) => void} takes a question, the last but one of the messages, to the top
 */
export function keepPlace(messages, jump, signal) {
  const page = /** @type {HTMLElement} */ (document.scrollingElement);
  let sticking = !location.hash && !wasScrolledUp(); // the address may be that of a message
  let last = page.scrollTop;
  const distance = () => page.scrollHeight - page.clientHeight - page.scrollTop;
  const isNear = () => distance() < NEAR || !messages.childElementCount;

  const toEnd = () => {
    sticking = true;
    page.scrollTop = page.scrollHeight;
    last = page.scrollTop;
  };
  const toTop = (/** @type {HTMLElement} */ question) => {
    sticking = false;
    // The reply has as much room as the window leaves it beneath the question: the page does not move as it grows.
    const dock = /** @type {HTMLElement} */ (jump.parentElement);
    const reply = /** @type {HTMLElement} */ (question.nextElementSibling);
    const above = reply.getBoundingClientRect().top - question.getBoundingClientRect().top;
    messages.style.setProperty("--beside", `${above + dock.offsetHeight}px`);
    question.scrollIntoView();
    last = page.scrollTop;
  };
  const follow = () => {
    // An empty page begins at its top: there one chooses an assistant.
    if (sticking && messages.childElementCount && !selecting(messages)) toEnd();
    jump.hidden = isNear();
  };
  const onScroll = () => {
    // Text that grows beneath the reader is no reason to stop; only moving up is, be it by a pixel. A page that has
    // become shorter moves up as well, but is at its end.
    if (page.scrollTop > last && distance() < NEAR) sticking = true;
    else if (page.scrollTop < last && distance() >= 1) sticking = false;
    last = page.scrollTop;
    jump.hidden = isNear();
  };

  // A person who opens or folds something is about to read there.
  const onClick = (/** @type {MouseEvent} */ { target }) => {
    if (/** @type {Element} */ (target).closest("summary, [data-citation]")) sticking = false;
  };

  addEventListener("scroll", onScroll, { passive: true, signal });
  messages.addEventListener("click", onClick, { signal });
  jump.addEventListener("click", toEnd, { signal });
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, sticking ? "" : location.pathname), { signal });
  const observer = new ResizeObserver(follow); // once a frame at most, when the page is laid out anyway
  observer.observe(document.body); // the messages, and what the message box needs beneath them
  signal.addEventListener("abort", () => observer.disconnect());
  return toTop;
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
