// The images of a message that is edited: they go with the new version, unless the person leaves one out.

import { copyOf, find } from "../reply/elements.js";

/** Offers those of the message. @param {HTMLFormElement} form @param {HTMLElement} article */
export function addKept(form, article) {
  const images = /** @type {NodeListOf<HTMLElement>} */ (article.querySelectorAll("[data-image]"));
  if (!images.length) return;
  const list = find(form, "[data-kept]");
  list.hidden = false;
  find(form, "textarea").removeAttribute("required");
  for (const link of images) {
    const item = copyOf("kept");
    const { src, alt } = /** @type {HTMLImageElement} */ (find(link, "img"));
    /** @type {HTMLInputElement} */ (find(item, "input")).value = link.dataset.image ?? "";
    /** @type {HTMLImageElement} */ (find(item, "img")).src = src;
    for (const name of ["width", "height"]) find(item, "img").setAttribute(name, find(link, "img").getAttribute(name) ?? "");
    find(item, "[data-name]").textContent = alt;
    list.append(item);
  }
}

/**
 * Shows those that were kept in the new version.
 * @param {HTMLElement} article  of the version before
 * @param {FormDataEntryValue[]} ids
 * @param {HTMLElement} question
 */
export function keptOf(article, ids, question) {
  const list = article.querySelector("[data-images]");
  if (!list || !ids.length) return;
  const shown = /** @type {HTMLElement} */ (list.cloneNode(true));
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (shown.querySelectorAll("[data-image]"))) {
    if (!ids.includes(link.dataset.image ?? "")) link.parentElement?.remove();
  }
  find(question, "[data-text]").before(shown);
}
