// What can be done with code and with a whole reply: copied, and code wrapped and saved.

import { address, announce, copyOf, find } from "./elements.js";
import { slabLines } from "./slabs.js";

const SHOWN_FOR = 2000; // milliseconds

/** Puts its tools on each block of code. @param {ParentNode} root  what has just been rendered */
export function addCodeTools(root) {
  for (const block of root.querySelectorAll(".code:not(:has(> [data-control]))")) {
    block.prepend(copyOf("code-tools"));
    slabLines(find(/** @type {HTMLElement} */ (block), "code"));
  }
}

/** Puts the button in its place that copies a reply. @param {HTMLElement} article  a finished reply */
export function addReplyCopyButton(article) {
  const hasText = article.querySelector("[data-body]")?.textContent || json(article);
  const actions = find(article, "[data-actions]");
  if (hasText && !actions.querySelector("[data-copy]")) actions.prepend(copyOf("copy"));
}

/** Lets the tools work, of all replies. @param {HTMLElement} messages @param {AbortSignal} signal */
export function listenToTools(messages, signal) {
  const onClick = (/** @type {MouseEvent} */ { target }) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("[data-tool]"));
    const block = /** @type {HTMLElement | null} */ (button?.closest(".code"));
    const code = block?.querySelector("pre")?.textContent;
    if (button?.dataset.tool === "wrap") {
      button.ariaPressed = String(button.ariaPressed !== "true");
    } else if (button?.dataset.tool === "save") {
      import("./save.js").then(({ save }) => save(code ?? "", block?.dataset.language ?? "text"));
    } else if (button) {
      const article = /** @type {HTMLElement} */ (button.closest("article"));
      copy(button, () => code ?? (json(article) || source(article)));
    }
  };
  messages.addEventListener("click", onClick, { signal });
}

/** @param {HTMLElement} article @returns {string} the JSON that the fields of the reply were read from */
function json(article) {
  return article.querySelector("[data-json-text]")?.textContent ?? "";
}

/** Asks for what the model wrote: the page has only what was made of it. @param {HTMLElement} article */
async function source({ dataset: { message = "" } }) {
  const root = /** @type {HTMLElement} */ (document.querySelector("[data-source-url]"));
  const response = await fetch(address(root, "sourceUrl", message));
  if (!response.ok) throw new Error(`There is no source of this reply (status ${response.status}).`);
  return response.text();
}

/**
 * Copies, and says on the button whether that worked.
 * @param {HTMLElement} button
 * @param {() => string | Promise<string>} ask
 */
async function copy(button, ask) {
  const label = find(button, "[data-label]");
  const { copiedLabel = "", failedLabel = "" } = button.dataset;
  const name = { text: label.textContent, said: button.ariaLabel };
  if (name.said === null) return; // it says so already
  button.ariaLabel = null;
  label.textContent = await write(ask).then(() => copiedLabel, () => failedLabel);
  announce(label.textContent);
  setTimeout(() => {
    label.textContent = name.text;
    button.ariaLabel = name.said;
  }, SHOWN_FOR);
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
