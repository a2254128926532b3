// Copy buttons: on each block of code, and on a whole reply.

import { address, announce, copyOf } from "./elements.js";

/** @param {ParentNode} root  what has just been rendered */
export function addCopyButtons(root) {
  for (const block of root.querySelectorAll(".code:not(:has([data-copy]))")) {
    block.prepend(button("Copy code", () => block.querySelector("pre")?.textContent ?? ""));
  }
}

/** @param {HTMLElement} article  a finished reply */
export function addReplyCopyButton(article) {
  const hasText = article.querySelector("[data-body]")?.textContent;
  const json = article.querySelector("[data-json-text]")?.textContent ?? "";
  const actions = /** @type {HTMLElement} */ (article.querySelector("[data-actions]"));
  if (!(hasText || json) || actions.querySelector("[data-copy]")) return;
  actions.prepend(button("Copy reply", () => json || source(article)));
}

/** Asks for what the model wrote: the page has only what was made of it. @param {HTMLElement} article */
async function source({ dataset: { message = "" } }) {
  const root = /** @type {HTMLElement} */ (document.querySelector("[data-source-url]"));
  const response = await fetch(address(root, "sourceUrl", message));
  if (!response.ok) throw new Error(`There is no source of this reply (status ${response.status}).`);
  return response.text();
}

/** @param {string} label @param {() => string | Promise<string>} text @returns {HTMLButtonElement} */
function button(label, text) {
  const copy = /** @type {HTMLButtonElement} */ (copyOf("copy"));
  const name = copy.textContent ?? "";
  const { copiedLabel = "", failedLabel = "" } = copy.dataset;
  copy.setAttribute("aria-label", label);
  copy.addEventListener("click", async () => {
    copy.textContent = await write(text).then(() => copiedLabel, () => failedLabel);
    copy.setAttribute("aria-label", copy.textContent);
    announce(copy.textContent);
    setTimeout(() => {
      copy.textContent = name;
      copy.setAttribute("aria-label", label);
    }, 2000);
  });
  return copy;
}

/** @param {() => string | Promise<string>} ask */
async function write(ask) {
  const text = await ask();
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
