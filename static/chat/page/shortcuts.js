// What keys do anywhere on the page. `?` shows the list, which the page has as a dialog.

import { find } from "../reply/elements.js";

const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * Lets keys act.
 * @param {HTMLElement} root
 * @param {{ onStop: () => void, isRunning: () => boolean, onWrite: () => void }} page
 * @param {AbortSignal} signal
 */
export function listenToKeys(root, { onStop, isRunning, onWrite }, signal) {
  const list = /** @type {HTMLDialogElement} */ (find(root, "[data-shortcuts]"));
  const prompt = /** @type {HTMLTextAreaElement} */ (find(root, "[data-prompt]"));
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const { key, target } = event;
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.defaultPrevented || event.isComposing || event.altKey || (isCommand && !"k,".includes(key))) return;
    if (key === "Escape" && !list.open && isRunning()) return onStop();
    if (key === "ArrowUp" && target === prompt && !prompt.value) editLast(root);
    else if (!isCommand && target instanceof Element && target.closest(FIELDS)) return;
    else if (isCommand) find(document.body, `[data-key="${key}"]`).click();
    else if (key === "?") list.showModal();
    else if (key === "/" && !list.open) onWrite();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey, { signal });
  const opener = find(root, "[data-shortcuts-open]");
  opener.hidden = false;
  opener.addEventListener("click", () => list.showModal(), { signal });
}

/** @param {HTMLElement} root */
function editLast(root) {
  const links = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-edit]:not([hidden])"));
  links[links.length - 1]?.click();
}
