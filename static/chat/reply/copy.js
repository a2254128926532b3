// Copies code, or a whole reply as the model wrote it.

import { address, announce, find } from "./elements.js";

const SHOWN_FOR = 2000; // milliseconds

/**
 * Copies, and says on the button whether that worked.
 * @param {HTMLElement} button
 * @param {string} text  or nothing: then what the model wrote is asked for
 * @param {HTMLElement} article  of the reply
 */
export async function copy(button, text, article) {
  const label = find(button, "[data-label]");
  const { copiedLabel = "", failedLabel = "" } = button.dataset;
  const name = { text: label.textContent, said: button.ariaLabel };
  if (name.said === null) return; // it says so already
  button.ariaLabel = null;
  label.textContent = await write(text || source(article)).then(() => copiedLabel, () => failedLabel);
  announce(label.textContent);
  setTimeout(() => {
    label.textContent = name.text;
    button.ariaLabel = name.said;
  }, SHOWN_FOR);
}

/** @param {string | Promise<string>} what */
async function write(what) {
  const text = await what;
  // Browsers offer the clipboard on secure origins only; over plain http on a local network, the old way works.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  if (!copied) throw new Error("The browser does not allow copying here.");
}

/** Asks for what the model wrote: the page has only what was made of it. @param {HTMLElement} article */
async function source({ dataset: { message = "" } }) {
  const root = /** @type {HTMLElement} */ (document.querySelector("[data-source-url]"));
  const response = await fetch(address(root, "sourceUrl", message));
  if (!response.ok) throw new Error(`There is no source of this reply (status ${response.status}).`);
  return response.text();
}
