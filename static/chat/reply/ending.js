// How a reply has ended, and what can be done with it: message_end.html and message_actions.html have the same.

import { address, find, showWhen, word } from "./elements.js";
import { addReplyCopyButton } from "./tools.js";

const CUT_SHORT = ["stopped", "interrupted", "length"];

/**
 * Shows how a reply has ended.
 * @param {HTMLElement} article
 * @param {import("../../streaming/events.js").End} end
 * @returns {string} the sentence that says so
 */
export function showEnd(article, { status, finish_reason: reason, error }) {
  article.dataset.status = status;
  const ending = find(article, "[data-ending]");
  const { lengthLimits = "" } = ending.dataset;
  const isAtLimit = status === "done" && lengthLimits.split(" ").includes((reason ?? "").toLowerCase());
  const kind = isAtLimit ? "length" : status;
  if (error) {
    find(article, "[data-error-message]").textContent = error.message;
    find(article, "[data-error-code]").textContent = error.code;
  }
  find(article, "[data-reference]").textContent = (article.dataset.run ?? "").slice(0, 8);
  showWhen(ending, kind);
  offerActions(article, kind);
  find(article, "[data-regenerate]").hidden = Boolean(error && !error.retryable);
  return said(article) ?? word("complete");
}

/** The sentence that says how a reply ended, if there is one. @param {HTMLElement} article */
export function said(article) {
  const lines = "div:not([hidden]) > [data-error-message], p[data-when]:not([hidden])";
  return find(article, "[data-ending]").querySelector(lines)?.textContent?.trim();
}

/** @param {HTMLElement} article @param {string} kind  a status, or `length` for a reply that is cut at its limit */
function offerActions(article, kind) {
  find(article, "[data-actions]").hidden = false;
  const again = find(article, "[data-regenerate] [data-label]");
  const { label = "", failedLabel = "" } = again.dataset;
  again.textContent = kind === "failed" ? failedLabel : label;
  const goOn = /** @type {HTMLElement | null} */ (article.querySelector("[data-continue]"));
  if (goOn) goOn.hidden = !CUT_SHORT.includes(kind) || !hasText(article);
  const root = /** @type {HTMLElement} */ (article.closest("[data-chat]"));
  const url = address(root, "detailsUrl", article.dataset.message ?? "");
  /** @type {HTMLAnchorElement} */ (find(article, "[data-details]")).href = url;
  /** @type {HTMLAnchorElement} */ (find(article, "[data-why]")).href = `${url}#comment`;
  addReplyCopyButton(article);
}

/** @param {HTMLElement} article */
function hasText(article) {
  return ["[data-body]", "[data-tail]"].some((part) => find(article, part).textContent?.trim());
}
