// The one place where text becomes markup: HTML that the server has rendered and sanitised.

import { unlinkCitations } from "./citations.js";

/** @param {string} html @returns {DocumentFragment} */
export function sanitised(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/**
 * Whether `body` has this content already, as after a reload: then a selection in it can stay.
 * @param {HTMLElement} body
 * @param {DocumentFragment} content
 */
export function shows(body, content) {
  const shown = /** @type {HTMLElement} */ (body.cloneNode(true));
  for (const button of shown.querySelectorAll("[data-copy]")) button.remove();
  unlinkCitations(shown);
  const wanted = document.createElement("div");
  wanted.append(content.cloneNode(true));
  return shown.innerHTML === wanted.innerHTML;
}
