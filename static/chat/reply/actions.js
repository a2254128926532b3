// What can be done with a reply that has ended: the server has the same in message_actions.html.

import { find } from "./parts.js";

const CUT_SHORT = ["stopped", "interrupted", "length"];

/** @param {HTMLElement} article @param {string} kind  how it ended: a status, or `length` for one that is cut at its limit */
export function offerActions(article, kind) {
  find(article, "[data-actions]").hidden = false;
  const again = find(article, "[data-regenerate] button");
  const { label = "", failedLabel = "" } = again.dataset;
  again.textContent = kind === "failed" ? failedLabel : label;
  const goOn = /** @type {HTMLElement | null} */ (article.querySelector("[data-continue]"));
  if (goOn) goOn.hidden = !CUT_SHORT.includes(kind) || !hasText(article);
}

/** @param {HTMLElement} article */
function hasText(article) {
  return ["[data-body]", "[data-tail]"].some((part) => find(article, part).textContent?.trim());
}
