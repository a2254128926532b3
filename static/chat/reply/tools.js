// What can be done with code and with a whole reply: copied, and code wrapped and saved.

import { copyOf, find } from "./elements.js";
import { slabLines } from "./slabs.js";

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
      const text = code ?? json(article);
      const failed = () => (find(button, "[data-label]").textContent = button.dataset.failedLabel ?? "");
      import("./copy.js").then(({ copy }) => copy(button, text, article), failed);
    }
  };
  const onKeyDown = (/** @type {any} */ event) =>
    event.target.closest(".code-tools") && import("./toolbar.js").then(({ move }) => move(event.key, event.target));
  messages.addEventListener("click", onClick, { signal });
  messages.addEventListener("keydown", onKeyDown, { signal });
}

/** @param {HTMLElement} article @returns {string} the JSON that the fields of the reply were read from */
function json(article) {
  return article.querySelector("[data-json-text]")?.textContent ?? "";
}
