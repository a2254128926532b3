// The list of conversations, and the page's own address and title, once a new conversation has begun.

const TITLE_LENGTH = 80;

/**
 * @param {string} url  of the conversation
 * @param {string} text  the first message
 */
export function conversationBegan(url, text) {
  const title = titled(text);
  history.replaceState(null, "", url);
  document.title = document.title.replace(/^.*(?= · )/, () => title);
  const heading = document.querySelector("[data-title]");
  if (heading) heading.textContent = title;
  // There are two lists: the one at the side, and the one that folds away on a phone.
  for (const list of document.querySelectorAll("[data-conversations]")) {
    const link = document.createElement("a");
    link.className = "conversation";
    link.href = url;
    link.textContent = title;
    link.setAttribute("aria-current", "page");
    const item = document.createElement("li");
    item.append(link);
    list.prepend(item);
  }
  for (const hint of document.querySelectorAll("[data-conversations-empty]")) {
    /** @type {HTMLElement} */ (hint).hidden = true;
  }
}

/** The title that the server gives it. @param {string} text */
function titled(text) {
  const line = [...text.trim().replace(/\s+/g, " ")];
  return line.length <= TITLE_LENGTH ? line.join("") : `${line.slice(0, TITLE_LENGTH - 1).join("")}…`;
}

/** Lets Escape, and a click beside it, close the list that folds away on a phone. @param {HTMLDetailsElement} drawer @param {AbortSignal} signal */
export function closeable(drawer, signal) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !drawer.open) return;
    drawer.open = false;
    drawer.querySelector("summary")?.focus({ preventScroll: true });
  };
  const onClick = (/** @type {MouseEvent} */ event) => {
    if (!drawer.contains(/** @type {Node} */ (event.target))) drawer.open = false;
  };
  document.addEventListener("keydown", onKey, { signal });
  document.addEventListener("click", onClick, { signal });
}
