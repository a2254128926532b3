// A form in the place of a message of one's own. What is sent with it stands beside the message, with a reply of its own.

import { copyOf, find, word } from "../reply/elements.js";
import { begin, withModel } from "./branch.js";
import { newKey, store } from "./draft.js";
import { addKept, keptOf } from "./kept.js";
import { removeFrom } from "./messages.js";

/** @typedef {import("./branch.js").Branching} Branching */

/** @param {HTMLAnchorElement} link  of the message @param {Branching} page */
export function edit(link, page) {
  const article = /** @type {HTMLElement} */ (link.closest("article"));
  if (article.querySelector("form")) return find(article, "textarea").focus();
  const form = /** @type {HTMLFormElement} */ (copyOf("edit"));
  const box = /** @type {HTMLTextAreaElement} */ (find(form, "textarea"));
  // Kept as what is in the message box is, until it is sent or somebody cancels it.
  const [draft, keyName] = ["draft", "key"].map((name) => `${name} edit ${idOf(article)}`);
  const said = find(article, "[data-text]").textContent ?? "";
  const kept = localStorage.getItem(draft);
  const key = (kept && localStorage.getItem(keyName)) || newKey();
  const keep = (/** @type {string} */ text) => [[draft, text], [keyName, text && key]].forEach(([name, value]) => store(name, value));
  const fields = { conversation: page.root.dataset.conversation, edited: idOf(article), option: article.dataset.option };
  for (const [name, value] of Object.entries({ ...fields, key })) {
    /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = value ?? "";
  }
  box.value = kept ?? said;
  box.addEventListener("input", () => keep(box.value === said ? "" : box.value));
  addKept(form, article);
  const close = () => {
    keep("");
    form.remove();
    delete article.dataset.editing;
    link.focus();
  };
  find(form, "[data-cancel]").addEventListener("click", close);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, article, page, () => keep(""));
  });
  box.addEventListener("keydown", (event) => onKey(event, close));
  article.append(form);
  article.dataset.editing = ""; // by which the style hides the rest: with :has() each word of a reply would cost more
  box.focus();
}

/** @param {HTMLElement} article */
const idOf = (article) => article.id.slice("message-".length);

/**
 * Does what the same keys do in the message box.
 * @param {KeyboardEvent} event
 * @param {() => void} close
 */
export function onKey(event, close) {
  if (event.isComposing || event.keyCode === 229) return;
  const isLine = event.shiftKey || (matchMedia("(pointer: coarse)").matches && !event.ctrlKey && !event.metaKey);
  const isSent = event.key === "Enter" && !isLine;
  if (event.key !== "Escape" && !isSent) return;
  event.preventDefault();
  if (isSent) /** @type {HTMLTextAreaElement} */ (event.target).form?.requestSubmit();
  else close();
}

/**
 * Sends it. The form stays until the server has taken what is in it.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} article
 * @param {Branching} page
 * @param {() => void} onTaken
 */
async function send(form, article, page, onTaken) {
  const data = withModel(new FormData(form));
  const text = String(data.get("text"));
  if (!(text.trim() || data.has("images")) || !form.isConnected) return;
  if (["running", "stopping"].includes(page.phase.name)) {
    return page.notice.show({ message: word("writing"), retryAfter: 0, retry: null });
  }
  const accepted = await page.sender.ask(form.action, data, () => send(form, article, page, onTaken));
  if (!accepted) return;
  onTaken();
  if (accepted.response.redirected) return location.assign(accepted.response.url);
  page.composer.focus();
  removeFrom(article);
  const exchange = page.append(text, String(data.get("option")));
  keptOf(article, data.getAll("images"), exchange.question);
  await begin(exchange, accepted, text || exchange.question.querySelector("img")?.alt || "", page);
}
