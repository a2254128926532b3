// The documents that a reply draws on, numbered as its text cites them.

import { copyOf, find } from "./elements.js";

/** @typedef {import("../../streaming/events.js").Source} Source */

// An address on this site, and nothing that a browser takes for another one, as in
// chatsite/chat/templatetags/chat.py.
const LOCAL_ADDRESS = /^\/(?!\/)[\w\-./~%?&=#+,:;@]*$/;

/** Tells whether a document's source can be linked to. @param {string} source */
export function isLocalAddress(source) {
  return LOCAL_ADDRESS.test(source);
}

/**
 * Lets a click on a citation show the passage of its source, and what is unfolded be rendered.
 * @param {HTMLElement} messages
 * @param {AbortSignal} signal
 */
export function openCitedSources(messages, signal) {
  const onClick = (/** @type {MouseEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    const citation = /** @type {HTMLElement | null} */ (target.closest("[data-citation]"));
    const details = document.getElementById(citation?.dataset.citation ?? "")?.querySelector("details");
    if (!details) return;
    event.preventDefault();
    details.open = true;
    details.querySelector("summary")?.focus();
  };
  const onToggle = (/** @type {any} */ { target }) =>
    target.matches(".source-details") && import("./passage.js").then(({ showRendered }) => showRendered(target));
  messages.addEventListener("click", onClick, { signal });
  messages.addEventListener("toggle", onToggle, { signal, capture: true });
}

export class Sources {
  #article;
  #section;
  #list;

  /** @param {HTMLElement} article */
  constructor(article) {
    this.#article = article;
    this.#section = find(article, "[data-sources]");
    this.#list = find(article, "[data-source-list]");
  }

  get count() {
    return this.#list.childElementCount;
  }

  /** Makes the id of the element of a source. @param {number} number */
  id(number) {
    return `source-${this.#article.dataset.run}-${number}`;
  }

  /** @param {Source[]} documents */
  add(documents) {
    for (const document of documents) this.#list.append(this.#item(document));
    this.#section.hidden = this.count === 0;
  }

  /** @param {Source} document @returns {HTMLElement} */
  #item({ title, source, text }) {
    const item = copyOf("source");
    const number = this.count + 1;
    const isLocal = isLocalAddress(source);
    item.id = this.id(number);
    find(item, "[data-source-number]").textContent = String(number);
    if (title || source) find(item, "[data-source-title]").textContent = title || source;
    find(item, "[data-source-text]").textContent = text;
    const link = /** @type {HTMLAnchorElement} */ (find(item, "[data-source-link]"));
    if (isLocal) link.href = source;
    /** @type {HTMLElement} */ (link.parentElement).hidden = !isLocal;
    const name = find(item, "[data-source-name]");
    name.textContent = source;
    name.hidden = isLocal || !source || !title;
    return item;
  }
}
