// A source's passage as the page of its document shows it: Markdown is rendered there. Loaded when a source is unfolded.

import { find } from "./elements.js";

/** @type {WeakSet<HTMLElement>} */
const asked = new WeakSet();

/** @param {HTMLElement} source  whose text stays as it is if the document is gone, or no Markdown */
export async function showRendered(source) {
  const link = /** @type {HTMLAnchorElement} */ (find(source, "[data-source-link]"));
  if (asked.has(source) || link.closest("[hidden]")) return;
  asked.add(source);
  const response = await fetch(link.href).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const passage = page.querySelector("[data-rendered]");
  if (!passage) return;
  const text = find(source, "[data-source-text]");
  text.classList.replace("as-typed", "prose");
  text.replaceChildren(...passage.childNodes);
}
