// Copy buttons: on each block of code, and on a whole reply.

import { copyOf } from "./elements.js";

/** @param {ParentNode} root  what has just been rendered */
export function addCopyButtons(root) {
  for (const block of root.querySelectorAll(".code:not(:has([data-copy]))")) {
    block.prepend(button("Copy code", () => block.querySelector("pre")?.textContent ?? ""));
  }
}

/** @param {HTMLElement} article  a finished reply */
export function addReplyCopyButton(article) {
  const body = /** @type {HTMLElement} */ (article.querySelector("[data-body]"));
  const json = article.querySelector("[data-json-text]")?.textContent ?? "";
  const actions = /** @type {HTMLElement} */ (article.querySelector("[data-actions]"));
  if (!(body.textContent || json) || actions.querySelector("[data-copy]")) return;
  actions.prepend(button("Copy reply", () => json || readable(body)));
}

/** The text as it reads, without the labels of buttons. @param {HTMLElement} body */
function readable(body) {
  const buttons = [...body.querySelectorAll("[data-copy]")].map((element) => /** @type {HTMLElement} */ (element));
  for (const element of buttons) element.hidden = true;
  const text = body.innerText;
  for (const element of buttons) element.hidden = false;
  return text;
}

/** @param {string} label @param {() => string} text @returns {HTMLButtonElement} */
function button(label, text) {
  const copy = /** @type {HTMLButtonElement} */ (copyOf("copy"));
  const name = copy.textContent ?? "";
  const { copiedLabel = "", failedLabel = "" } = copy.dataset;
  copy.setAttribute("aria-label", label);
  copy.addEventListener("click", async () => {
    copy.textContent = await write(text()).then(() => copiedLabel, () => failedLabel);
    copy.setAttribute("aria-label", copy.textContent);
    setTimeout(() => {
      copy.textContent = name;
      copy.setAttribute("aria-label", label);
    }, 2000);
  });
  return copy;
}

/** @param {string} text */
async function write(text) {
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
