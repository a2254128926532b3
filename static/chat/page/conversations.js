// The list of conversations, and the page's own address and title.

import { copyOf, find } from "../reply/elements.js";

/**
 * Gives the page the address and the title of a new conversation, and puts that into the lists.
 * @param {string} url  of the conversation
 * @param {string} text  the first message
 */
export function conversationBegan(url, text) {
  const heading = find(document.body, "[data-title]");
  const title = titled(text, Number(heading.dataset.titleLength));
  history.replaceState(null, "", url);
  document.title = document.title.replace(/^.*(?= · )/, () => title);
  heading.textContent = title;
  // There are two lists: the one at the side, and the one that folds away on a phone.
  for (const list of document.querySelectorAll("[data-conversations]")) {
    const item = copyOf("conversation");
    const [link, edit] = item.querySelectorAll("a");
    link.href = url;
    link.textContent = title;
    edit.href = `${url}edit/`;
    list.prepend(item);
  }
}

/** Makes the title that the server makes. @param {string} text @param {number} most  characters */
function titled(text, most) {
  const line = [...text.trim().replace(/\s+/g, " ")];
  if (line.length > most) line.splice(most - 1, line.length, "…");
  return line.join("");
}

/**
 * Lets Escape, and a click beside it, close the list that folds away on a phone.
 * @param {HTMLDetailsElement} drawer
 * @param {AbortSignal} signal
 */
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
